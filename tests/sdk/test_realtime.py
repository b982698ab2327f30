"""OpenAI's Realtime and Responses over WebSockets: the real SDK, with a real server, and then without it."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
import websockets.exceptions
from openai import AsyncOpenAI, OpenAI

import llmvcr
from llmvcr.cli import main
from llmvcr.storage import load
from openai_server import serve
from realtime_server import serving
from sdk.calls import How

KEY = "sk-made-up-key"
MODEL = "gpt-realtime"
SOUND = base64.b64encode(bytes(range(250))).decode()

Talk = Callable[[Any], Any]


def item(text: str, **more: Any) -> dict[str, Any]:
    """Make a message of a user's."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


class _Awaiting:
    """The async connection with the methods of the other one, each run to its end."""

    def __init__(self, connection: Any, run: Callable[[Any], Any]) -> None:
        self._connection, self._run = connection, run

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if not callable(found):
            return _Awaiting(found, self._run)
        return lambda *args, **kwargs: self._run(found(*args, **kwargs))


def connected(how: How, url: str, resource: str, talk: Talk, **options: Any) -> Any:
    """Connect with either client, and give what `talk` makes of the connection."""
    client: Any
    if how == "sync":
        client = OpenAI(api_key=KEY, websocket_base_url=f"{url}/v1", base_url="http://127.0.0.1:9/v1")
        with getattr(client, resource).connect(**options) as connection:
            return talk(connection)

    async def run() -> Any:
        asking = AsyncOpenAI(api_key=KEY, websocket_base_url=f"{url}/v1", base_url="http://127.0.0.1:9/v1")
        loop = asyncio.get_running_loop()
        async with asking, getattr(asking, resource).connect(**options) as connection:

            def wait(made: Any) -> Any:
                return asyncio.run_coroutine_threadsafe(made, loop).result(10)

            return await asyncio.to_thread(talk, _Awaiting(connection, wait))

    return asyncio.run(run())


def until(connection: Any, kind: str) -> list[dict[str, Any]]:
    """Receive events up to the first of this type."""
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["type"] != kind:
        heard.append(connection.recv().to_dict())
    return heard


def conversation(*texts: str) -> Talk:
    """Say each text, delete what was said first, and hear each answer."""

    def talk(connection: Any) -> list[dict[str, Any]]:
        heard = until(connection, "session.created")
        connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
        heard += until(connection, "session.updated")
        for text in texts:
            connection.conversation.item.create(item=item(text))
            heard += until(connection, "conversation.item.added")
            connection.response.create()
            heard += until(connection, "response.done")
        connection.conversation.item.delete(item_id=heard[2]["item"]["id"])
        return heard + until(connection, "conversation.item.deleted")

    return talk


def words(heard: list[dict[str, Any]]) -> str:
    """Join what the model said."""
    return "".join(event["delta"] for event in heard if event["type"] == "response.output_text.delta")


def test_a_conversation(how: How, serializer: str, path: str) -> None:
    """A conversation replays event by event with the server stopped, ids, text and sound as recorded."""
    talk = conversation("Hello", "And again")
    with serving() as server, llmvcr.use_cassette(path, serializer=serializer):
        live = connected(how, server.url, "realtime", talk, model=MODEL)
    with llmvcr.use_cassette(path, serializer=serializer, record_mode="none") as cassette:
        replayed = connected(how, server.url, "realtime", talk, model=MODEL)
    assert replayed == live
    assert words(live) == "You said: HelloYou said: And again"
    assert cassette.all_played
    assert server.paths == [f"/v1/realtime?model={MODEL}"]


def test_recorded_by_one_client_replayed_by_the_other(path: str, serializer: str) -> None:
    """What the one client recorded, the other replays, on another port."""
    talk = conversation("Hello")
    with serving() as server, llmvcr.use_cassette(path, serializer=serializer):
        live = connected("sync", server.url, "realtime", talk, model=MODEL)
    with llmvcr.use_cassette(path, serializer=serializer, record_mode="none"):
        assert connected("async", "ws://localhost:1", "realtime", talk, model=MODEL) == live


def test_ids_that_the_client_draws(how: How, path: str) -> None:
    """Ids that the application draws anew match, and the recorded answers name the new ones."""

    def talk(connection: Any) -> list[str]:
        until(connection, "session.created")
        mine = f"item_{secrets.token_hex(12)}"
        connection.conversation.item.create(item=item("Hi", id=mine), event_id=f"event_{secrets.token_hex(12)}")
        added = until(connection, "conversation.item.added")[-1]
        assert added["item"]["id"] == mine
        connection.conversation.item.delete(item_id=mine)
        assert until(connection, "conversation.item.deleted")[-1]["item_id"] == mine
        return [mine]

    with serving() as server, llmvcr.use_cassette(path):
        first = connected(how, server.url, "realtime", talk, model=MODEL)
    with llmvcr.use_cassette(path, record_mode="none"):
        assert connected(how, server.url, "realtime", talk, model=MODEL) != first


def test_sound(how: How, path: str) -> None:
    """Sound goes out in base64 and is compared as such."""

    def talk(sound: str) -> Talk:
        def saying(connection: Any) -> list[dict[str, Any]]:
            until(connection, "session.created")
            connection.input_audio_buffer.append(audio=sound)
            connection.input_audio_buffer.commit()
            return until(connection, "input_audio_buffer.committed")

        return saying

    with serving() as server, llmvcr.use_cassette(path):
        live = connected(how, server.url, "realtime", talk(SOUND), model=MODEL)
    with llmvcr.use_cassette(path, record_mode="none"):
        assert connected(how, server.url, "realtime", talk(SOUND), model=MODEL) == live
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(llmvcr.Miss, match="audio:\\n    recorded"):
        connected(how, server.url, "realtime", talk("B" + SOUND[1:]), model=MODEL)


def test_another_text_is_a_miss(how: How, path: str) -> None:
    """A changed word is a miss that names the place, at once and through the SDK."""
    with serving() as server, llmvcr.use_cassette(path):
        connected(how, server.url, "realtime", conversation("How are you?"), model=MODEL)
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(llmvcr.Miss) as caught:
        connected(how, server.url, "realtime", conversation("Who are you?"), model=MODEL)
    assert 'item.content[0].text: recorded "How are you?", sent "Who are you?"' in str(caught.value)
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(llmvcr.Miss, match=r"query\.model: recorded"):
        connected(how, server.url, "realtime", conversation("How are you?"), model="gpt-realtime-mini")


def test_two_connections_and_http(how: How, serializer: str, path: str) -> None:
    """Connections stand beside HTTP calls in one cassette, and are told apart by what is said."""
    first, second = conversation("One"), conversation("Two")

    def ask(url: str) -> Any:
        with OpenAI(api_key=KEY, base_url=url) as client:
            asked: Any = [{"role": "user", "content": "Hello"}]
            return client.chat.completions.create(model="gpt-4o", messages=asked).to_dict()

    with serve() as http, serving() as server, llmvcr.use_cassette(path, serializer=serializer):
        one = connected(how, server.url, "realtime", first, model=MODEL)
        said = ask(http.base_url)
        two = connected(how, server.url, "realtime", second, model=MODEL)
    with llmvcr.use_cassette(path, serializer=serializer, record_mode="none") as cassette:
        assert connected(how, server.url, "realtime", second, model=MODEL)[3:] == two[3:]
        assert ask(http.base_url) == said
        assert connected(how, server.url, "realtime", first, model=MODEL)[3:] == one[3:]
    assert cassette.all_played


def test_the_server_closes(how: How, path: str) -> None:
    """A close with an error code ends the iteration of the SDK with the same error."""

    def talk(connection: Any) -> list[Any]:
        until(connection, "session.created")
        connection.conversation.item.create(item=item("close"))
        until(connection, "conversation.item.added")
        with pytest.raises(websockets.exceptions.ConnectionClosedError) as caught:
            connection.recv()
        assert caught.value.rcvd is not None
        return [caught.value.rcvd.code, caught.value.rcvd.reason]

    with serving() as server, llmvcr.use_cassette(path):
        live = connected(how, server.url, "realtime", talk, model=MODEL)
    with llmvcr.use_cassette(path, record_mode="none"):
        assert connected(how, server.url, "realtime", talk, model=MODEL) == live == [4000, "made-up policy"]


def test_responses(how: How, serializer: str, path: str) -> None:
    """Responses over a WebSocket: the events of each, and a null that the API takes for the default."""

    def talk(more: dict[str, Any]) -> Talk:
        def asking(connection: Any) -> list[dict[str, Any]]:
            connection.response.create(model="gpt-5", input="Hello", **more)
            heard = until(connection, "response.completed")
            before = heard[-1]["response"]["id"]
            connection.response.create(model="gpt-5", input="More", previous_response_id=before)
            return heard + until(connection, "response.completed")

        return asking

    with serving() as server, llmvcr.use_cassette(path, serializer=serializer):
        live = connected(how, server.url, "responses", talk({}))
    with llmvcr.use_cassette(path, serializer=serializer, record_mode="none"):
        assert connected(how, server.url, "responses", talk({"metadata": None})) == live
    assert [event.get("delta") for event in live][1:3] == ["Echo: ", "Hello"]


def test_user_rules_hold_for_messages(how: How, path: str) -> None:
    """What a user leaves out of the comparison is left out of messages, too."""
    with serving() as server, llmvcr.use_cassette(path):
        live = connected(how, server.url, "realtime", conversation("It is 10:01"), model=MODEL)
    with llmvcr.use_cassette(path, record_mode="none", llmvcr_patterns={"$.item.content[*].text": r"\d+:\d+"}):
        heard = connected(how, server.url, "realtime", conversation("It is 11:59"), model=MODEL)
    assert words(heard) == words(live)


def test_a_refusal(how: How, path: str) -> None:
    """A handshake that is refused raises the same through the SDK, as often as it is tried."""

    def ask(url: str) -> int:
        with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
            connected(how, url, "realtime", lambda _connection: None, extra_query={"refuse": "1"})
        return caught.value.response.status_code

    with serving() as server, llmvcr.use_cassette(path):
        assert [ask(server.url), ask(server.url)] == [401, 401]
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        assert [ask(server.url), ask(server.url)] == [401, 401]
    assert cassette.all_played


def test_converted_without_a_loss(tmp_path: Path) -> None:
    """A cassette with connections goes through every format and back, the same in all it says."""
    with serving() as server, llmvcr.use_cassette(tmp_path / "a.yaml"):
        live = connected("sync", server.url, "realtime", conversation("Hello"), model=MODEL)
    chain = ("a.yaml", "b.json", "c.vcr.json", "d.yaml")
    for source, dest, to in zip(chain, chain[1:], ("json", "vcr_json", "yaml"), strict=False):
        assert main(["convert", str(tmp_path / source), str(tmp_path / dest), "--to", to]) == 0
    assert load(tmp_path / "d.yaml") == load(tmp_path / "a.yaml")
    assert json.dumps(load(tmp_path / "a.yaml").interactions[0].notes["frames"])
    for name in chain[1:]:
        with llmvcr.use_cassette(tmp_path / name, record_mode="none"):
            assert connected("sync", server.url, "realtime", conversation("Hello"), model=MODEL) == live


def test_the_sdk_is_told_at_once(path: str) -> None:
    """A miss is an error of the SDK's own, so that nothing in it tries again."""
    with serving() as server, llmvcr.use_cassette(path):
        connected("sync", server.url, "realtime", conversation("Hello"), model=MODEL)
    with llmvcr.use_cassette(path, record_mode="none"), pytest.raises(openai.OpenAIError):
        connected("sync", server.url, "realtime", conversation("Other"), model=MODEL)
