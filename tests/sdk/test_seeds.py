"""The two recordings that the project was created from, replayed through the openai SDK."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openai._models import construct_type
from openai.types.chat import ChatCompletionChunk
from vcr.errors import CannotOverwriteExistingCassetteException

import llmvcr
from sdk.calls import CHAT, How, Row, ask, dumped
from shared import CASSETTES

URL = "https://api.openai.com/v1"
SEEDS = CASSETTES / "seeds"
every_seed = pytest.mark.parametrize("seed", ["weather", "web_search"])


def _body(seed: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SEEDS / f"{seed}.json").read_bytes())["request"]["body"]
    return body


def _expected(seed: str) -> list[Any]:
    """What the SDK's own construct makes of each `__data__`."""
    items = json.loads((SEEDS / f"{seed}.json").read_bytes())["response"]["body"]
    return [construct_type(type_=ChatCompletionChunk, value=item["__data__"]) for item in items]


def _replayed(seed: str, how: How, body: dict[str, Any]) -> list[Any]:
    with llmvcr.use_cassette(str(SEEDS / f"{seed}.json"), record_mode="none", serializer="json"):
        return ask(how, URL, Row(seed, CHAT, body, "stream"))


@every_seed
def test_create_gives_what_construct_makes_of_the_data(seed: str, how: How) -> None:
    """Replayed by create(stream=True), each chunk equals the SDK's construct of its `__data__`."""
    replayed = _replayed(seed, how, _body(seed))
    assert replayed == _expected(seed)
    assert dumped(replayed) == dumped(_expected(seed))


@every_seed
def test_the_stream_helper_gives_the_same_chunks(seed: str, how: How) -> None:
    """Replayed by the .stream() helper, its chunk events hold the same chunks and it ends with a whole answer."""
    body = {name: value for name, value in _body(seed).items() if name != "stream"}
    with llmvcr.use_cassette(str(SEEDS / f"{seed}.json"), record_mode="none", serializer="json"):
        *events, final = ask(how, URL, Row(seed, "chat.completions.stream", body, "helper"))
    chunks = [event.chunk for event in events if event.type == "chunk"]
    assert chunks == _expected(seed)
    assert dumped(chunks) == dumped(_expected(seed))
    message = final.choices[0].message
    deltas = [chunk.choices[0].delta for chunk in _expected(seed)]
    assert (message.content or "") == "".join(delta.content or "" for delta in deltas)
    told = "".join(call.function.arguments for delta in deltas for call in delta.tool_calls or ())
    assert "".join(call.function.arguments for call in message.tool_calls or ()) == told


@every_seed
def test_objects_gives_what_construct_makes_of_the_data(seed: str) -> None:
    """llmvcr.objects makes the same chunks without any client."""
    (interaction,) = llmvcr.load(SEEDS / f"{seed}.json").interactions
    assert list(llmvcr.objects(interaction)) == _expected(seed)


def test_a_recording_repeats_without_limit(how: How) -> None:
    """One recording answers the same question again and again."""
    with llmvcr.use_cassette(str(SEEDS / "weather.json"), record_mode="none", serializer="json"):
        for _ in range(3):
            assert ask(how, URL, Row("again", CHAT, _body("weather"), "stream")) == _expected("weather")


def test_a_folder_of_recordings_is_a_cassette(how: How) -> None:
    """The folder of both seeds answers both of their questions."""
    with llmvcr.use_cassette(str(SEEDS), record_mode="none", serializer="json"):
        for seed in ("web_search", "weather"):
            assert ask(how, URL, Row(seed, CHAT, _body(seed), "stream")) == _expected(seed)


def _with_other_ids(body: dict[str, Any], id_: str) -> dict[str, Any]:
    text = json.dumps(body)
    assert text.count("call_319QZhydsGa9KKOaVafYDMO2") == 2
    other: dict[str, Any] = json.loads(text.replace("call_319QZhydsGa9KKOaVafYDMO2", id_))
    return other


def test_renamed_call_ids_still_match(how: How) -> None:
    """The ids of tool calls may differ from the recording, as long as call and result name each other."""
    body = _with_other_ids(_body("web_search"), "call_anotherIdOfAnotherRun99")
    assert _replayed("web_search", how, body) == _expected("web_search")


def test_ids_that_no_longer_agree_do_not_match(how: How) -> None:
    """A result that names another call than the one made is another request."""
    body = copy.deepcopy(_body("web_search"))
    body["messages"][2]["tool_call_id"] = "call_ofSomebodyElse"
    with pytest.raises(CannotOverwriteExistingCassetteException):
        _replayed("web_search", how, body)


@pytest.mark.parametrize("turn", [0, 2], ids=["prompt", "tool_result"])
def test_changed_content_does_not_match(turn: int, how: How) -> None:
    """Another prompt, or another result of the tool, is not answered."""
    body = copy.deepcopy(_body("web_search"))
    body["messages"][turn]["content"] += " Please."
    with pytest.raises(CannotOverwriteExistingCassetteException):
        _replayed("web_search", how, body)


def test_a_changed_tool_does_not_match(how: How) -> None:
    """Another description of a tool is another request."""
    body = copy.deepcopy(_body("weather"))
    body["tools"][0]["function"]["description"] = "Get current rain for a given location."
    with pytest.raises(CannotOverwriteExistingCassetteException):
        _replayed("weather", how, body)


_PLAIN = """
import json, sys
sys.modules["llmvcr"] = None
import openai, vcr
path, url, body = sys.argv[1:]
with vcr.use_cassette(path, record_mode="none"), openai.OpenAI(base_url=url, api_key="sk-made-up-key") as client:
    chunks = [chunk.model_dump() for chunk in client.chat.completions.create(**json.loads(body))]
print(json.dumps(chunks))
"""


@every_seed
def test_plain_vcrpy_replays_the_converted_seed(seed: str, tmp_path: Path) -> None:
    """A seed converted to YAML is replayed by vcrpy where llmvcr cannot be imported."""
    path = tmp_path / f"{seed}.yaml"
    llmvcr.convert(SEEDS / f"{seed}.json", path, to="yaml")
    told = subprocess.run(
        [sys.executable, "-c", _PLAIN, str(path), URL, json.dumps(_body(seed))],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout) == dumped(_expected(seed))
