"""The samples that tools/record_samples.py recorded from a real model: what is in the files is what the SDK gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
import vcr
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException

import llmvcr
from shared import CASSETTES
from tools._samples import CASSETTE, KEY, MODEL, SAMPLES, SERIALIZERS, Place, play, play_async

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = CASSETTES / "samples"
FILES = [FOLDER / f"{script.__name__}.{serializer}" for script in SAMPLES for serializer in SERIALIZERS]
SCRIPTS = {script.__name__: script for script in SAMPLES}
LARGEST = 30_000  # bytes
URL = "http://127.0.0.1:9/v1"  # nobody listens there; the port of loopback is not matched

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
each_yaml = pytest.mark.parametrize("path", FILES[::2], ids=lambda path: path.name)


def replay(path: Path, **options: Any) -> Any:
    """Open a sample as its recorder did, for replay only."""
    return llmvcr.use_cassette(path, record_mode="none", serializer=path.suffix[1:], **{**CASSETTE, **options})


def client() -> openai.OpenAI:
    """Give a client that reaches nobody."""
    return openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)


def in_file(path: Path) -> list[Any]:
    """Read the answers' JSON out of a sample with nothing of llmvcr: a list for a stream, else an object."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        document = yaml.safe_load(text)
        return [_parsed(each["response"]["body"]["string"]) for each in document["interactions"]]
    return [_held(each["response"]) for each in json.loads(text)["interactions"]]


def _parsed(body: str) -> Any:
    if not body.startswith(("data:", "event:")):
        return json.loads(body)
    lines = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def _held(response: dict[str, Any]) -> Any:
    body = response["body"]
    if not isinstance(body, list):
        return body.get("__data__", body)
    items = [each["__data__"] for each in body]
    return items if response["is_streaming"] else {"object": "list", "data": items}


def dumped(answer: Any) -> Any:
    """Give back the JSON that an answer of the SDK was made of."""
    if isinstance(answer, list):
        return [dumped(each) for each in answer]
    if isinstance(answer, openai.APIStatusError):
        return {"error": answer.body}
    return answer.to_dict(mode="json", warnings=False)  # a parsed answer warns of the class in it


def same(answers: list[Any], recorded: list[Any]) -> bool:
    """Say whether the SDK's answers are what the file holds; a parsed answer and a page add their own fields."""
    return len(answers) == len(recorded) and all(
        _within(dumped(answer), part) for answer, part in zip(answers, recorded, strict=True)
    )


def _within(given: Any, recorded: Any) -> bool:
    if isinstance(recorded, dict):
        return isinstance(given, dict) and all(key in given and _within(given[key], recorded[key]) for key in recorded)
    if isinstance(recorded, list):
        return isinstance(given, list) and len(given) == len(recorded) and all(map(_within, given, recorded))
    return bool(given == recorded)


def steady(value: Any) -> Any:
    """Take out of an answer what differs between two runs of one model: ids, times and measurements.

    And `models`, a second list beside `data` that llama.cpp adds: typed JSON keeps it in its extra key.
    """
    if isinstance(value, dict):
        moving = {"id", "item_id", "created", "created_at", "completed_at", "timings", "models"}
        return {key: steady(part) for key, part in value.items() if key not in moving}
    return [steady(part) for part in value] if isinstance(value, list) else value


def text_of(events: list[Any]) -> str:
    """Join the text that the events of a chat's stream bring."""
    return "".join(choice.delta.content or "" for event in events for choice in event.choices)


def test_every_sample_is_there_in_both_formats_and_nothing_else() -> None:
    """cassettes/samples/ holds what the recorder writes, file for file."""
    assert sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".md") == sorted(p.name for p in FILES)


@each_file
def test_a_sample_is_small_and_holds_no_key(path: Path) -> None:
    """A sample stays below 30 kB and neither the key nor the header that carried it is in it."""
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < LARGEST
    assert KEY not in text
    assert "authorization" not in text.lower()


@each_file
def test_the_sync_client_gets_what_the_file_holds(path: Path) -> None:
    """The real SDK, with no server, gives objects made of the very JSON in the file."""
    with replay(path) as cassette:
        assert same(play(client(), SCRIPTS[path.stem]), in_file(path))
    assert cassette.all_played


@each_file
@pytest.mark.asyncio
async def test_the_async_client_gets_what_the_file_holds(path: Path) -> None:
    """What a sync client recorded, an async one replays."""
    with replay(path) as cassette:
        async with openai.AsyncOpenAI(base_url=URL, api_key=KEY, max_retries=0) as asynchronous:
            assert same(await play_async(asynchronous, SCRIPTS[path.stem]), in_file(path))
    assert cassette.all_played


@each_yaml
def test_yaml_and_json_tell_of_the_same_conversation(path: Path) -> None:
    """The two files were recorded one after the other: they differ in ids, times and measurements alone."""
    assert steady(in_file(path)) == steady(in_file(path.with_suffix(".json")))


@each_yaml
def test_the_json_made_of_a_yaml_gives_equal_objects(path: Path, tmp_path: Path) -> None:
    """Converted to typed JSON, a recording gives the SDK the same objects, ids and times included."""
    converted = tmp_path / f"{path.stem}.json"
    llmvcr.convert(path, converted, to="json")
    with replay(path):
        expected = play(client(), SCRIPTS[path.stem])
    with replay(converted):
        assert [dumped(each) for each in play(client(), SCRIPTS[path.stem])] == [dumped(each) for each in expected]


@each_yaml
def test_plain_vcrpy_replays_the_yaml(path: Path) -> None:
    """A yaml sample is a cassette of vcrpy: it needs nothing of llmvcr."""
    with vcr.VCR().use_cassette(str(path), record_mode="none", match_on=["method", "path"]):
        assert same(play(client(), SCRIPTS[path.stem]), in_file(path))


@each_file
def test_the_pieces_of_a_stream_join_to_its_text(path: Path) -> None:
    """Where a sample has a text both in pieces and whole, replay gives the two equal."""
    with replay(path):
        answers = play(client(), SCRIPTS[path.stem])
    if path.stem == "responses":
        whole, events = answers
        pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
        done = [event.text for event in events if event.type == "response.output_text.done"]
        assert "".join(pieces) == done[0] == events[-1].response.output_text == whole.output_text
    elif path.stem == "chat_stream":
        assert text_of(answers[0])
        assert answers[0][-1].usage.completion_tokens > 0
    elif path.stem == "tools":
        calls = [call for event in answers[0] for each in event.choices for call in each.delta.tool_calls or []]
        assert json.loads("".join(call.function.arguments for call in calls)) == {"city": "Paris"}
    elif path.stem == "structured":
        assert answers[0].choices[0].message.parsed == Place(city="Paris", country="France")


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_the_stream_helper_reads_the_samples(serializer: str) -> None:
    """`chat.completions.stream` sends what `create(stream=True)` sent, and puts text and tool call together."""
    for name in ("chat_stream", "tools"):
        path = FOLDER / f"{name}.{serializer}"
        options = {key: value for key, value in next(SCRIPTS[name]()).options.items() if key != "stream"}
        with replay(path), client().chat.completions.stream(**options) as stream:
            message = stream.get_final_completion().choices[0].message
        if message.tool_calls:
            assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Paris"}
        else:
            with replay(path):
                assert message.content == text_of(play(client(), SCRIPTS[name])[0])


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_another_prompt_is_a_miss(serializer: str) -> None:
    """A sample answers what was asked when it was recorded, and nothing else."""
    messages: list[Any] = [{"role": "user", "content": "What is the capital of Spain?"}]
    with replay(FOLDER / f"chat.{serializer}"), pytest.raises(CannotOverwriteExistingCassetteException):
        client().chat.completions.create(model=MODEL, messages=messages, temperature=0, seed=7, max_tokens=24)
