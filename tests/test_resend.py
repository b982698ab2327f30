"""Every recorded request of real cassettes, sent again by a real client, finds its own answer."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import llmvcr
from llmvcr.canonical import canonical
from llmvcr.interaction import Interaction, Request
from shared import corpus

_SAMPLE = 40
# What the client writes itself, from the body and the URL.
_CLIENTS_OWN = frozenset(["connection", "content-length", "host", "transfer-encoding"])
# Of the whole corpus: calls of LLMs, other traffic, and what was recorded without its URL ("**REDACTED**").
_COUNTS = Counter({"llm": 1457, "other": 239, "no url": 119})


def _kind(request: Request) -> str:
    if canonical(request).provider:
        return "llm"
    return "other" if urlsplit(request.url).scheme in {"http", "https"} else "no url"


def _files() -> list[Path]:
    """Every file of the corpus; of a short run a sample that is spread over all projects."""
    files = sorted(path for path in corpus("vcrpy").rglob("*") if path.is_file())
    if not os.environ.get("LLMVCR_LONG"):
        files = [files[len(files) * number // _SAMPLE] for number in range(_SAMPLE)]
    return files


def _asked(client: httpx.Client, recorded: Interaction) -> httpx.Response:
    request = recorded.request
    lines = [(name, value) for name, value in request.headers if name.lower() not in _CLIENTS_OWN]
    headers = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in lines]
    return client.send(
        client.build_request(request.method, request.url, headers=headers, content=request.body), stream=True
    )


@pytest.mark.timeout(900)
def test_each_request_finds_its_own_answer() -> None:
    """Sent in order through httpx, each stored request, LLM call or not, gets its own status and its own bytes."""
    counts: Counter[str] = Counter()
    wrong = []
    for path in _files():
        recordings = llmvcr.load(path).interactions
        kinds = [_kind(one.request) for one in recordings]
        counts.update(kinds)
        with llmvcr.use_cassette(path, record_mode="none") as cassette, httpx.Client() as client:
            for number, (recorded, kind) in enumerate(zip(recordings, kinds, strict=True)):
                if kind == "no url":  # which no client can send
                    continue
                response = _asked(client, recorded)
                raw = b"".join(response.iter_raw())
                if (response.status_code, raw) != (recorded.response.status, recorded.response.body):
                    wrong.append(f"{path.name} #{number}")
                if kind == "llm":
                    # With the encoding that is served: one that the body no longer has would raise here.
                    httpx.Response(response.status_code, headers=response.headers, content=raw).read()
            assert cassette.play_count == len(kinds) - kinds.count("no url")
    assert wrong == []
    assert counts == _COUNTS if os.environ.get("LLMVCR_LONG") else counts.keys() == _COUNTS.keys()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_bodies_that_were_stored_unpacked_lose_their_encoding(encoding: str, tmp_path: Path) -> None:
    """A header that names an encoding which the stored body no longer has is not served, and the body is."""
    path = tmp_path / "cassette.yaml"
    path.write_text(
        "version: 1\ninteractions:\n- request:\n    method: GET\n    uri: http://127.0.0.1:9/v1/models\n"
        "    body: null\n    headers: {}\n  response:\n    status: {code: 200, message: OK}\n"
        "    body: {string: '{\"data\": []}'}\n"
        f"    headers: {{content-encoding: [{encoding}], content-type: [application/json]}}\n",
        encoding="utf-8",
    )
    with llmvcr.use_cassette(path, record_mode="none"):
        response = httpx.get("http://127.0.0.1:9/v1/models")
    assert "content-encoding" not in response.headers
    assert response.json() == {"data": []}
