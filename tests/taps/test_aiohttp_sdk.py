"""The google-genai SDK, which uses aiohttp for its async calls, through the tap."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import aiohttp
import pytest
from google import genai
from google.genai import errors, types

import llmvcr
from llmvcr.storage import load
from taps.paced import CUT, Paced

pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession from ClientSession:DeprecationWarning",  # google-genai's own
)

KEY = "made-up-key"


def _event(text: str) -> bytes:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    return b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\n\n"


async def _stream(url: str, seen: threading.Event | None = None) -> list[str | None]:
    client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=url))
    got = []
    try:
        async for part in await client.aio.models.generate_content_stream(model="gemini-made-up", contents="hello"):
            got.append(part.text)
            if seen is not None:
                seen.set()
    finally:
        await client.aio.aclose()
    return got


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_stream(kind: str, server: Paced, tmp_path: Path) -> None:
    """While recording, the first part is there before the second is sent; the replay gives the same parts."""
    seen = threading.Event()
    server.headers = [("Content-Type", "text/event-stream")]
    server.steps = [_event("one"), seen, _event("two")]
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind):
        recording = asyncio.run(_stream(server.url, seen))
    with llmvcr.use_cassette(tmp_path / "c", serializer=kind, record_mode="none"):
        replayed = asyncio.run(_stream(server.url))
    assert recording == replayed == ["one", "two"]
    assert len(server.bodies) == 1
    (interaction,) = load(tmp_path / "c").interactions
    assert interaction.response.chunks == (_event("one"), _event("two"))


def test_cut(server: Paced, tmp_path: Path) -> None:
    """A stream that is cut raises in the SDK what it raises live."""
    server.headers = [("Content-Type", "text/event-stream")]
    server.steps = [_event("one"), CUT]
    raised = []

    def error() -> tuple[type[BaseException], str]:
        with pytest.raises(aiohttp.ClientError) as caught:
            asyncio.run(_stream(server.url))
        return type(caught.value), str(caught.value)

    live = error()
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode):
            raised.append(error())
    assert raised == [live, live]


def test_error(server: Paced, tmp_path: Path) -> None:
    """An error status is the SDK's own error, live and on replay."""
    server.status, server.headers = 400, [("Content-Type", "application/json")]
    server.steps = [json.dumps({"error": {"code": 400, "message": "made up", "status": "INVALID_ARGUMENT"}}).encode()]
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
            pytest.raises(errors.ClientError, match="made up"),
        ):
            asyncio.run(_stream(server.url))
    assert len(server.bodies) == 1
