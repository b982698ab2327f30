"""WebSockets through the tap: recorded as they pass, and replayed without a connection by both clients."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import vcr
import websockets.asyncio.client
import websockets.exceptions
import websockets.sync.client
from websockets.sync.client import connect

import llmvcr
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction
from llmvcr.sockets import Close, Event, Frame, from_json
from llmvcr.storage import load
from realtime_server import RealtimeServer, serving
from taps.talking import TALKERS, Step, Talk

ECHO: tuple[Step, ...] = (
    ("send", "Grüße\u2028"),
    ("recv", 1),
    ("send", b"\x00\xff"),
    ("recv", 1),
    ("send", lambda: ["frag", "men", "ted"]),
    ("bytes",),
    ("send", "pieces"),
    ("pieces",),
    ("ping",),
    ("send", "bye"),
    ("all",),
)


@pytest.fixture
def realtime() -> Iterator[RealtimeServer]:
    """A running server."""
    with serving() as server:
        yield server


@pytest.fixture(params=TALKERS, ids=["sync", "async"])
def talk(request: pytest.FixtureRequest) -> Talk:
    """Either client."""
    chosen: Talk = request.param
    return chosen


@pytest.fixture(params=["yaml", "json", "vcr_json"])
def serializer(request: pytest.FixtureRequest) -> str:
    """The name of the cassette's format."""
    return str(request.param)


def events(interaction: Interaction) -> tuple[Event, ...]:
    """Give the frames of a recorded connection, without the times."""
    found = from_json(interaction.notes["frames"], path="")
    return tuple(type(one)(*_parts(one), sent=one.sent) for one in found)


def _parts(one: Event) -> tuple[Any, ...]:
    return (one.code, one.reason) if isinstance(one, Close) else (one.data, 0.0, one.fragments)


def both(talk: Talk, path: Path, url: str, steps: Any, **options: Any) -> tuple[list[Any], list[Any]]:
    """Record a conversation, and replay it where nothing can connect."""
    with llmvcr.use_cassette(path, **options):
        live = talk(url, steps)
    with llmvcr.use_cassette(path, record_mode="none", **options) as cassette:
        replayed = talk(url, steps)
    assert cassette.all_played
    return live, replayed


def test_replayed_as_recorded(talk: Talk, serializer: str, tmp_path: Path, realtime: RealtimeServer) -> None:
    """Text, bytes, fragments, pings, iteration and the close are on replay what they were live, without a server."""
    live = talk(f"{realtime.url}/echo", ECHO)
    recorded, replayed = both(talk, tmp_path / "c", f"{realtime.url}/echo", ECHO, serializer=serializer)
    assert live == recorded == replayed
    assert live[:3] == ["Grüße\u2028", b"\x00\xff", b"fragmented"]
    assert live[-1] == (1000, "as you wish")
    assert len(realtime.paths) == 2


def test_what_the_file_holds(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """One interaction has the handshake, without what is drawn for it, and every frame with its direction and time."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        talk(f"{realtime.url}/echo", ECHO, additional_headers={"X-Mine": "yes"})
    (one,) = load(tmp_path / "c.yaml").interactions
    assert (one.request.method, one.request.url) == ("GET", f"{realtime.url}/echo")
    assert (one.response.status, one.response.reason, one.response.body) == (101, "Switching Protocols", b"")
    assert (one.response.ended, one.response.error) == ("", "")
    names = [name.lower() for name, _ in (*one.request.headers, *one.response.headers)]
    assert "x-mine" in names
    assert "upgrade" in names
    assert not {"sec-websocket-key", "sec-websocket-accept"}.intersection(names)
    assert events(one) == (
        Frame("Grüße\u2028", sent=True),
        Frame("Grüße\u2028", sent=False),
        Frame(b"\x00\xff", sent=True),
        Frame(b"\x00\xff", sent=False),
        Frame("fragmented", 0.0, (4, 3, 3, 0), sent=True),
        Frame("fragmented", sent=False),
        Frame("pieces", sent=True),
        Frame("in three pieces", 0.0, (3, 6, 6, 0), sent=False),
        Frame("bye", sent=True),
        Close(1000, "as you wish", sent=False),
        Close(1000, "as you wish", sent=True),
    )
    times = [frame["ms"] for frame in one.notes["frames"]]
    assert times == sorted(times)


def test_heard_at_once(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """While recording each message reaches the application before the next is asked for."""
    steps = [step for n in range(20) for step in (("send", str(n)), ("recv", 1))]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert talk(f"{realtime.url}/echo", steps)[:-1] == list(map(str, range(20)))


def test_a_server_that_closes(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A close of the server's with an error code raises the same, with code and reason."""
    item = {"type": "conversation.item.create", "item": {"content": [{"text": "close"}]}}
    steps = (("recv", 1), ("send", json.dumps(item)), ("recv", 1), ("recv", 1))
    live, replayed = both(talk, tmp_path / "c.yaml", f"{realtime.url}/v1/realtime", steps)
    assert live == replayed
    assert live[-2:] == [
        (4000, "made-up policy"),
        (
            "ConnectionClosedError",
            "received 4000 (private use) made-up policy; then sent 4000 (private use) made-up policy",
        ),
    ]


def test_a_connection_that_breaks(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A connection that is lost without a close raises the same, after the same messages."""
    item = {"type": "conversation.item.create", "item": {"content": [{"text": "drop"}]}}
    steps = (("recv", 1), ("send", json.dumps(item)), ("recv", 1), ("recv", 1))
    live, replayed = both(talk, tmp_path / "c.yaml", f"{realtime.url}/v1/realtime", steps)
    assert live == replayed
    assert live[-1] == ("ConnectionClosedError", "no close frame received or sent")
    (one,) = load(tmp_path / "c.yaml").interactions
    assert one.response.ended == "ConnectionClosedError"


def test_a_client_that_leaves_early(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A client that closes in mid-conversation closes as it would, and what it heard is recorded."""
    steps = (("send", "a"), ("recv", 1), ("close", 3000, "enough"))
    live, replayed = both(talk, tmp_path / "c.yaml", f"{realtime.url}/echo", steps)
    assert live == replayed == ["a", (3000, "enough")]
    assert realtime.gone.wait(5)
    assert realtime.ended == [3000]
    assert events(load(tmp_path / "c.yaml").interactions[0])[-2:] == (
        Close(3000, "enough", sent=True),
        Close(3000, "enough", sent=False),
    )


def test_leaving_earlier_than_recorded(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A client may leave on replay before the recorded conversation is over."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        talk(f"{realtime.url}/echo", ECHO)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert talk(f"{realtime.url}/echo", ECHO[:2]) == ["Grüße\u2028", (1000, "")]


def test_a_cassette_that_closes_first(tmp_path: Path, realtime: RealtimeServer) -> None:
    """A connection that is still open when its cassette closes is recorded as far as it was heard, and lives on."""
    url = f"{realtime.url}/echo"
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        ws = websockets.sync.client.connect(url)
        ws.send("a")
        assert ws.recv() == "a"
    ws.send("b")
    assert ws.recv() == "b"
    ws.close()
    (one,) = load(tmp_path / "c.yaml").interactions
    assert one.response.ended == "closed"
    assert events(one) == (Frame("a", sent=True), Frame("a", sent=False))
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        ws = websockets.sync.client.connect(url)
        ws.send("a")
        assert ws.recv() == "a"
    ws.close()
    assert ws.close_code == 1000


def test_a_refused_handshake(talk: Talk, serializer: str, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A handshake that the server answers with an error raises the same, with status, headers and body."""
    seen: list[Any] = []

    def ask() -> list[Any]:
        heard = talk(f"{realtime.url}/refused", (("recv", 1),))
        with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
            websockets.sync.client.connect(f"{realtime.url}/refused")
        answer = caught.value.response
        seen.append(
            (answer.status_code, answer.reason_phrase, answer.headers["x-request-id"], bytes(answer.body or b""))
        )
        return heard

    with llmvcr.use_cassette(tmp_path / "c", serializer=serializer):
        live = ask()
    with llmvcr.use_cassette(tmp_path / "c", serializer=serializer, record_mode="none"):
        assert ask() == live == [("InvalidStatus", "server rejected WebSocket connection: HTTP 401")]
    refused = (401, "Unauthorized", "req_made_up", b'{"error": {"message": "made-up refusal"}}')
    assert seen == [refused, (*refused[:2], "llmvcr-redacted-request-id", refused[3])]
    assert len(realtime.paths) == 2


def test_a_refused_connection(talk: Talk, tmp_path: Path) -> None:
    """A server that is not there raises the same error of the operating system."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}/echo"
    live, replayed = both(talk, tmp_path / "c.yaml", url, ())
    assert live[0][0] == replayed[0][0] == "ConnectionRefusedError"
    (one,) = load(tmp_path / "c.yaml").interactions
    assert one.response.failed


def test_a_handshake_without_answer(talk: Talk, tmp_path: Path) -> None:
    """A handshake that nobody answers in time is a timeout again, without the time."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"ws://127.0.0.1:{deaf.getsockname()[1]}/echo"
        with llmvcr.use_cassette(tmp_path / "c.yaml"):
            live = talk(url, (), open_timeout=0.05)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed = talk(url, (), open_timeout=600)
    assert live[0][0] == replayed[0][0] == "TimeoutError"


def test_another_message_is_a_miss(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A message that is not recorded raises a miss from `send`, with the nearest recorded one and what differs."""
    item = {"type": "conversation.item.create", "item": {"type": "message", "content": [{"text": "Hello there"}]}}
    other = json.loads(json.dumps(item).replace("there", "where"))
    steps = (("recv", 1), ("send", json.dumps(item)), ("recv", 1))
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        talk(f"{realtime.url}/v1/realtime", steps)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        *_, (name, said) = talk(f"{realtime.url}/v1/realtime", (("recv", 1), ("send", json.dumps(other)), ("recv", 1)))
    assert name == "Miss"
    assert "no recorded connection has it as message 1 of the client's" in said
    assert 'item.content[0].text: recorded "Hello there", sent "Hello where"' in said
    assert "--record-mode=rewrite" in said


def test_a_miss_reaches_who_reads(tmp_path: Path, realtime: RealtimeServer) -> None:
    """A miss cuts the connection, so that a task which waits for messages does not wait for ever."""
    url = f"{realtime.url}/echo"

    async def run(text: str) -> tuple[Any, Any]:
        async with websockets.asyncio.client.connect(url) as ws:
            reader = asyncio.create_task(ws.recv())
            (sent, read) = await asyncio.gather(ws.send(text), reader, return_exceptions=True)
            return sent, read

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert asyncio.run(run("a")) == (None, "a")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        sent, read = asyncio.run(run("b"))
    assert isinstance(sent, llmvcr.Miss)
    assert isinstance(read, websockets.exceptions.ConnectionClosedError)
    assert read.__cause__ is sent


def test_a_miss_may_abort(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """With `llmvcr_miss=abort` a message to an LLM that is not recorded raises what nobody swallows."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        talk(
            f"{realtime.url}/v1/realtime",
            (("recv", 1), ("send", '{"type": "session.update", "session": {}}'), ("recv", 1)),
        )
    options = {"record_mode": "none", "llmvcr_miss": "abort"}
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options), pytest.raises(llmvcr.MissAbort):
        talk(f"{realtime.url}/v1/realtime", (("recv", 1), ("send", '{"type": "response.create"}')))


def test_a_rule_that_fails_is_raised(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """What a user's own function raises on a message is raised from `send`."""

    def fails(fields: dict[str, Any]) -> dict[str, Any]:
        if fields["method"] == "SEND":
            message = "made-up mistake"
            raise ZeroDivisionError(message)
        return fields

    steps = (("recv", 1), ("send", '{"type": "response.create"}'))
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        talk(f"{realtime.url}/v1/realtime", steps)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_canonical=fails):
        heard = talk(f"{realtime.url}/v1/realtime", steps)
    assert heard[-1] == ("ZeroDivisionError", "made-up mistake")


def test_another_handshake_is_a_miss(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """The model in the URL says what is connected to: another one is not recorded."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        talk(f"{realtime.url}/v1/realtime?model=gpt-realtime", (("recv", 1),))
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        ((name, said),) = talk(f"{realtime.url}/v1/realtime?model=gpt-realtime-mini", (("recv", 1),))
    assert name == "Miss"
    assert 'query.model: recorded "gpt-realtime", sent "gpt-realtime-mini"' in said
    assert len(realtime.paths) == 1


def test_record_modes(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """Played is what is recorded under once, new_episodes and none; new_episodes adds to it, all begins anew."""
    url, path = f"{realtime.url}/echo", tmp_path / "c.yaml"
    a, b = (("send", "a"), ("recv", 1)), (("send", "b"), ("recv", 1))
    for mode, steps, asked, kept in (
        ("once", [a], 1, 1),
        ("once", [a], 0, 1),
        ("new_episodes", [a, b], 1, 2),
        ("none", [b, a], 0, 2),
        ("all", [b], 1, 1),
    ):
        before = len(realtime.paths)
        with llmvcr.use_cassette(path, record_mode=mode):
            for one in steps:
                talk(url, one)
        assert (mode, len(realtime.paths) - before, len(load(path).interactions)) == (mode, asked, kept)


def test_repeated_where_it_may_be(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A connection is played once, and with `allow_playback_repeats` as often as it is made."""
    url, path, steps = f"{realtime.url}/echo", tmp_path / "c.yaml", (("send", "a"), ("recv", 1))
    with llmvcr.use_cassette(path):
        talk(url, steps)
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        assert talk(url, steps) == ["a", (1000, "")]
        assert talk(url, steps)[0][0] == "Miss"
        cassette.rewind()
        assert talk(url, steps) == ["a", (1000, "")]
    with llmvcr.use_cassette(path, record_mode="none", allow_playback_repeats=True):
        assert [talk(url, steps) for _ in range(3)] == [["a", (1000, "")]] * 3


def test_a_flood(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """Thousands of messages that come faster than the application takes them arrive all, and in order."""
    steps = (("send", "many"), ("recv", 2000))
    live, replayed = both(talk, tmp_path / "c.yaml", f"{realtime.url}/echo", steps)
    assert live == replayed
    assert len(live) == 2001


def test_waiting_with_a_deadline(tmp_path: Path, realtime: RealtimeServer) -> None:
    """A wait for a message that does not come is a timeout on replay as well, and the conversation goes on."""
    url = f"{realtime.url}/echo"

    async def run() -> list[Any]:
        async with websockets.asyncio.client.connect(url) as ws:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ws.recv(), 0.05)
            await ws.send("a")
            return [await ws.recv()]

    def run_sync() -> list[Any]:
        with websockets.sync.client.connect(url) as ws:
            with pytest.raises(TimeoutError):
                ws.recv(timeout=0.05)
            ws.send("a")
            return [ws.recv()]

    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert [asyncio.run(run()), run_sync()] == [["a"], ["a"]]


def test_a_redirect(tmp_path: Path, realtime: RealtimeServer) -> None:
    """A handshake that is redirected is two interactions, and takes the same way on replay."""

    async def run() -> str | bytes:
        async with websockets.asyncio.client.connect(f"{realtime.url}/moved") as ws:
            await ws.send("a")
            return await ws.recv()

    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            assert asyncio.run(run()) == "a"
    assert [one.response.status for one in load(tmp_path / "c.yaml").interactions] == [302, 101]
    assert realtime.paths == ["/moved", "/echo"]


def test_taken_out_of_its_module(tmp_path: Path, realtime: RealtimeServer) -> None:
    """A module that imported `connect` before any cassette was open is heard, and has its own back afterwards."""
    before = connect
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
            connect(f"{realtime.url}/echo") as ws,
        ):
            ws.send("a")
            assert ws.recv() == "a"
    assert connect is before
    assert len(realtime.paths) == 1


def test_cassettes_in_cassettes(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """The innermost cassette hears a connection."""
    steps = (("send", "a"), ("recv", 1))
    with llmvcr.use_cassette(tmp_path / "outer.yaml"):
        with llmvcr.use_cassette(tmp_path / "inner.yaml"):
            talk(f"{realtime.url}/echo", steps)
        talk(f"{realtime.url}/echo", steps)
    assert [len(load(tmp_path / name).interactions) for name in ("outer.yaml", "inner.yaml")] == [1, 1]


def test_faults_refuse_a_handshake(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A fault that is made in place of an answer refuses the handshake, and the next one is played."""
    url, steps = f"{realtime.url}/v1/realtime?model=m", (("recv", 1),)
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = talk(url, steps)
    faults = [llmvcr.Fault(status=500), llmvcr.Fault(refuse=True, call=2)]
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_faults=faults):
        heard = [talk(url, steps) for _ in range(3)]
    assert [one[-1][0] for one in heard] == ["InvalidStatus", "ConnectionRefusedError", 1000]
    assert heard[2] == live


def test_many_at_once(tmp_path: Path, realtime: RealtimeServer) -> None:
    """Connections that are open together are told apart by what their clients say, in whatever order on replay."""

    async def one(url: str, word: str) -> list[Any]:
        async with websockets.asyncio.client.connect(url) as ws:
            heard = []
            for n in range(5):
                await ws.send(f"{word} {n}")
                heard.append(await ws.recv())
            return heard

    async def run(order: Callable[[list[str]], Any]) -> dict[str, list[Any]]:
        words = list(order([f"word {n}" for n in range(20)]))
        heard = await asyncio.gather(*(one(f"{realtime.url}/echo", word) for word in words))
        return dict(zip(words, heard, strict=True))

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = asyncio.run(run(list))
    assert len(load(tmp_path / "c.yaml").interactions) == 20
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none") as cassette:
        assert asyncio.run(run(reversed)) == live
    assert cassette.all_played


def test_threads(tmp_path: Path, realtime: RealtimeServer) -> None:
    """The client without asyncio is recorded and replayed from several threads."""
    heard: dict[int, list[Any]] = {}

    def run() -> dict[int, list[Any]]:
        def one(number: int) -> None:
            heard[number] = TALKERS[0](f"{realtime.url}/echo", (("send", f"n {number}"), ("recv", 1)))

        threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return dict(heard)

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = run()
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert run() == live == {n: [f"n {n}", (1000, "")] for n in range(8)}


def test_timing(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """With `llmvcr_timing` a frame comes as long after the client's message as it was recorded; without, at once."""
    path, url = tmp_path / "c.yaml", f"{realtime.url}/echo"
    with llmvcr.use_cassette(path):
        talk(url, (("send", "a"), ("recv", 1)))
    path.write_text(re.sub(r"(received: a\s+ms: )[\d.]+", r"\g<1>60000.0", path.read_text()))
    for timing, least, most in (("none", 0.0, 30.0), ("0.005", 0.3, 30.0)):
        begun = time.monotonic()
        with llmvcr.use_cassette(path, record_mode="none", llmvcr_timing=timing):
            assert talk(url, (("send", "a"), ("recv", 1))) == ["a", (1000, "")]
        assert least <= time.monotonic() - begun < most


@pytest.mark.parametrize(
    ("keep", "kept"),
    [("times", {"ms", "fragments"}), ("boundaries", {"fragments"}), ("bytes", set())],
)
def test_how_much_is_kept(keep: str, kept: set[str], tmp_path: Path, realtime: RealtimeServer) -> None:
    """`llmvcr_keep` leaves out the times of frames, and the boundaries of fragments, too."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_keep=keep):
        TALKERS[0](f"{realtime.url}/echo", ECHO)
    (one,) = load(tmp_path / "c.yaml").interactions
    assert {key for frame in one.notes["frames"] for key in frame} - {"sent", "received"} == kept


def test_hooks(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """Headers are filtered, and a handshake that a hook drops is neither recorded nor replayed."""
    url, path = f"{realtime.url}/echo", tmp_path / "c.yaml"
    secret = {"Authorization": "Bearer sk-made-up-0123456789"}
    with llmvcr.use_cassette(path, filter_headers=["authorization"]):
        talk(url, (("send", "a"), ("recv", 1)), additional_headers=secret)
    assert "made-up" not in path.read_text()
    with llmvcr.use_cassette(path, record_mode="none", filter_headers=["authorization"]):
        assert talk(url, (("send", "a"), ("recv", 1)), additional_headers=secret) == ["a", (1000, "")]
    with llmvcr.use_cassette(path, record_mode="none", before_record_request=lambda _request: None):
        assert talk(url, (("send", "b"), ("recv", 1))) == ["b", (1000, "")]
    with llmvcr.use_cassette(path, record_mode="none", ignore_localhost=True):
        assert talk(url, (("send", "c"), ("recv", 1))) == ["c", (1000, "")]
    assert len(realtime.paths) == 3


def test_subprotocol_and_compression(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """What was negotiated is replayed: the subprotocol, and messages unpacked."""
    url, path, long = f"{realtime.url}/echo", tmp_path / "c.yaml", "long " * 5000
    steps = (("send", long), ("recv", 1))
    for mode in ("once", "none"):
        with llmvcr.use_cassette(path, record_mode=mode):
            assert talk(url, steps, subprotocols=["one", "two"]) == [long, (1000, "")]
            with websockets.sync.client.connect(url, subprotocols=["one", "two"]) as ws:  # type: ignore[list-item]
                assert ws.subprotocol == "two"
                assert ws.response is not None
                assert ws.response.status_code == 101
    assert len(realtime.paths) == 2


def test_tls_is_not_spoken_on_replay(talk: Talk, tmp_path: Path, realtime: RealtimeServer) -> None:
    """A wss:// connection is replayed without TLS, and without its server."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path):
        talk(f"{realtime.url}/echo", (("send", "a"), ("recv", 1)))
    path.write_text(path.read_text().replace(realtime.url, "wss://echo.example.com"))
    with llmvcr.use_cassette(path, record_mode="none"):
        assert talk("wss://echo.example.com/echo", (("send", "a"), ("recv", 1))) == ["a", (1000, "")]


def test_beside_http(tmp_path: Path, realtime: RealtimeServer) -> None:
    """Plain vcrpy reads a cassette that holds connections, each an answer without a body."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        TALKERS[0](f"{realtime.url}/echo", ECHO)
    with vcr.use_cassette(str(tmp_path / "c.yaml"), record_mode="none") as cassette:
        (request,) = cassette.requests
        (response,) = cassette.responses_of(request)
    assert response["status"] == {"code": 101, "message": "Switching Protocols"}
    assert response["body"]["string"] == b""


FOREIGN = """interactions:
- request: {body: null, headers: {}, method: GET, uri: "wss://api.openai.com/v1/realtime?model=gpt-realtime"}
  response:
    body: {string: ""}
    headers: {}
    status: {code: 101, message: Switching Protocols}
version: 1
"""


def test_a_session_of_another_tool_is_refused(tmp_path: Path) -> None:
    """A WebSocket without its frames is refused by name when the cassette is opened."""
    (tmp_path / "c.yaml").write_text(FOREIGN)
    with pytest.raises(ReadError) as caught, llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        pass
    assert "interaction 0, response.llmvcr.frames: wss://api.openai.com/v1/realtime?model=gpt-realtime is a" in str(
        caught.value
    )
    bad = FOREIGN.replace("    status:", "    llmvcr: {frames: [{sent: 1}]}\n    status:")
    (tmp_path / "c.yaml").write_text(bad)
    with pytest.raises(ReadError, match=r"frames\[0\].sent: is neither"), llmvcr.use_cassette(tmp_path / "c.yaml"):
        pass
