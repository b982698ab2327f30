"""boto3 through the tap: Bedrock's four calls, whole and streamed, recorded and replayed."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
import urllib3
from botocore.config import Config

import llmvcr
from llmvcr.storage import load
from taps.bedrock import bedrock, chunk, event
from taps.paced import CUT, Paced
from taps.scripted import HANG_UP, Scripted

_MODEL = "anthropic.made-up-v1:0"
_STREAM = [("Content-Type", "application/vnd.amazon.eventstream")]
_JSON = [("Content-Type", "application/json")]
_DELTAS = [
    event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}}) for text in ("on\u00e9", "two")
]
_STOP = event("messageStop", {"stopReason": "end_turn"})
_SAID = {
    "output": {"message": {"role": "assistant", "content": [{"text": "on\u00e9"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
    "metrics": {"latencyMs": 4},
}


def _messages(text: str = "made up") -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def _converse_stream(client: Any) -> Iterator[Any]:
    with closing(client.converse_stream(modelId=_MODEL, messages=_messages())["stream"]) as stream:
        yield from stream


def _invoke_stream(client: Any) -> Iterator[Any]:
    body = json.dumps({"prompt": "made up"})
    with closing(client.invoke_model_with_response_stream(modelId=_MODEL, body=body)["body"]) as stream:
        yield from stream


_STREAMS: dict[str, tuple[Callable[[Any], Iterator[Any]], list[bytes]]] = {
    "converse_stream": (_converse_stream, [*_DELTAS, _STOP]),
    "invoke_stream": (_invoke_stream, [chunk({"delta": text}) for text in ("on\u00e9", "two", "three")]),
}

streams = pytest.mark.parametrize(("ask", "frames"), _STREAMS.values(), ids=_STREAMS)


def _all(ask: Callable[[Any], Iterator[Any]], client: Any) -> tuple[list[Any], str]:
    got: list[Any] = []
    try:
        for one in ask(client):
            got.append(one)  # noqa: PERF402 - what came before an error counts
    except (botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError) as error:
        return got, type(error).__name__
    finally:
        client.close()
    return got, ""


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_converse(suffix: str, server: Paced, tmp_path: Path) -> None:
    """A conversation is recorded, and replays with other credentials and at another date of signing."""
    server.steps, server.headers = [json.dumps(_SAID).encode()], _JSON
    answers = []
    for number, mode in enumerate(("once", "none")):
        with (
            llmvcr.use_cassette(tmp_path / "c", serializer=suffix, record_mode=mode),
            closing(bedrock(server.url, credentials=number)) as client,
        ):
            answer = client.converse(modelId=_MODEL, messages=_messages())
        answers.append({name: answer[name] for name in _SAID})
    assert answers == [_SAID, _SAID]
    (recorded,) = load(tmp_path / "c").interactions
    assert recorded.request.url.startswith(f"{server.url}model/anthropic.made-up-v1")
    assert [recorded.request.body] == server.bodies
    assert any(value.startswith("AWS4-HMAC-SHA256 ") for name, value in recorded.request.headers)


@pytest.mark.parametrize("body", ["str", "bytes", "file"])
def test_invoke_model(body: str, server: Paced, tmp_path: Path) -> None:
    """A model is invoked, with a body of any kind; its answer is a body to read from."""
    server.steps, server.headers = [b'{"completion": ', b'"one"}'], _JSON
    text = json.dumps({"prompt": "made up"})
    for number, mode in enumerate(("once", "none")):
        sent: Any = {"str": text, "bytes": text.encode(), "file": io.BytesIO(text.encode())}[body]
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
            closing(bedrock(server.url, credentials=number)) as client,
        ):
            answer = client.invoke_model(modelId=_MODEL, body=sent)
            assert json.loads(answer["body"].read()) == {"completion": "one"}
    assert server.bodies == [text.encode()]


@streams
def test_first_event(ask: Callable[[Any], Iterator[Any]], frames: list[bytes], server: Paced, tmp_path: Path) -> None:
    """While recording the application has each event before the server sends the next one."""
    gates = [threading.Event(), threading.Event()]
    server.steps, server.headers = [frames[0], gates[0], frames[1], gates[1], frames[2]], _STREAM
    waiting, got = iter(gates), []
    with llmvcr.use_cassette(tmp_path / "c.yaml"), closing(bedrock(server.url)) as client:
        for one in ask(client):
            got.append(one)
            for gate in waiting:
                gate.set()
                break
    assert len(got) == 3
    (recorded,) = load(tmp_path / "c.yaml").interactions
    assert recorded.response.chunks == tuple(frames)
    assert recorded.response.ended == ""


@streams
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_stream(
    ask: Callable[[Any], Iterator[Any]], frames: list[bytes], suffix: str, server: Paced, tmp_path: Path
) -> None:
    """A stream is the same live, while recording, and on replay with other credentials, without asking the server."""
    server.steps, server.headers = frames, _STREAM
    bare = _all(ask, bedrock(server.url))
    with llmvcr.use_cassette(tmp_path / "c", serializer=suffix):
        live = _all(ask, bedrock(server.url))
    with llmvcr.use_cassette(tmp_path / "c", serializer=suffix, record_mode="none"):
        replayed = _all(ask, bedrock(server.url, credentials=1))
    assert bare == live == replayed
    assert (len(bare[0]), bare[1], len(server.bodies)) == (3, "", 2)


@streams
def test_cut_stream(ask: Callable[[Any], Iterator[Any]], frames: list[bytes], server: Paced, tmp_path: Path) -> None:
    """A stream that is cut gives the same events and the same error live, while recording and on replay."""
    server.steps, server.headers = [*frames[:2], CUT], _STREAM
    bare = _all(ask, bedrock(server.url))
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        live = _all(ask, bedrock(server.url))
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        replayed = _all(ask, bedrock(server.url))
    assert bare == live == replayed
    assert (len(bare[0]), bare[1] != "") == (2, True)


@streams
def test_stream_timeout(
    ask: Callable[[Any], Iterator[Any]], frames: list[bytes], server: Paced, tmp_path: Path
) -> None:
    """A read timeout in mid-stream is the same error on replay, at the same event."""
    never = threading.Event()
    server.steps, server.headers = [frames[0], never], _STREAM
    seen = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            seen.append(_all(ask, bedrock(server.url, read_timeout=0.3)))
    never.set()
    assert seen[0] == seen[1]
    assert (len(seen[0][0]), seen[0][1] != "") == (1, True)


@streams
def test_early_close(ask: Callable[[Any], Iterator[Any]], frames: list[bytes], server: Paced, tmp_path: Path) -> None:
    """An application that takes the first event only goes on at once; what it has seen is recorded."""
    never = threading.Event()
    server.steps, server.headers = [frames[0], never, frames[1]], _STREAM
    with llmvcr.use_cassette(tmp_path / "c.yaml"), closing(bedrock(server.url)) as client:
        next(ask(client))
    never.set()
    (recorded,) = load(tmp_path / "c.yaml").interactions
    assert (recorded.response.chunks, recorded.response.ended) == ((frames[0],), "closed")


def test_short_body(script: Scripted, tmp_path: Path) -> None:
    """A body that is shorter than its length is so on replay."""
    script.steps = [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n", b"one", HANG_UP]
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
            closing(bedrock(f"http://{script.host}")) as client,
        ):
            answer = client.invoke_model(modelId=_MODEL, body="{}")
            with pytest.raises(botocore.exceptions.ResponseStreamingError):
                answer["body"].read()


def test_retries(server: Paced, tmp_path: Path) -> None:
    """Attempts that botocore itself makes are recorded each, and made as often on replay."""
    server.status, server.steps, server.headers = 503, [b"{}"], _JSON
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode) as cassette,
            closing(bedrock(server.url, retries={"total_max_attempts": 3, "mode": "standard"})) as client,
            pytest.raises(botocore.exceptions.ClientError) as caught,
        ):
            client.converse(modelId=_MODEL, messages=_messages())
        assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 2
        assert (len(cassette), len(server.bodies)) == (3, 3)


def test_expect_continue(script: Scripted, tmp_path: Path) -> None:
    """An upload that waits for the server's leave, as those to S3 do, is recorded, and replayed without waiting."""
    script.steps = [b"HTTP/1.1 200 OK\r\nETag: made-up\r\nContent-Length: 0\r\n\r\n"]
    session = boto3.Session("AKIAMADEUPMADEUP", "made-up", region_name="us-east-1")
    config = Config(s3={"addressing_style": "path"}, proxies={})
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
            closing(session.client("s3", endpoint_url=f"http://{script.host}", config=config)) as client,
        ):
            answer = client.put_object(Bucket="made-up", Key="a", Body=io.BytesIO(b"one"))
            assert answer["ETag"] == "made-up"
    assert len(script.bodies) == 1
    assert b"one" in script.bodies[0]
    (recorded,) = load(tmp_path / "c.yaml").interactions
    assert recorded.request.url == f"http://{script.host}/made-up/a"
    assert recorded.request.body == script.bodies[0]
