"""Every recorded request of real cassettes, sent again by a real client, finds its own answer."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

import llmvcr
from llmvcr.canonical import canonical
from llmvcr.interaction import Interaction
from shared import corpus

_SAMPLE = 40
# What the client writes itself, from the body and the URL.
_CLIENTS_OWN = frozenset(["connection", "content-length", "host", "transfer-encoding"])


def _calls(path: Path) -> list[Interaction]:
    return [one for one in llmvcr.load(path).interactions if canonical(one.request).provider]


def _files() -> list[Path]:
    """Every file of the corpus with a call of an LLM; of a short run a sample that is spread over all projects."""
    files = sorted(path for path in corpus("vcrpy").rglob("*") if path.is_file())
    if not os.environ.get("LLMVCR_LONG"):
        files = [files[len(files) * number // _SAMPLE] for number in range(_SAMPLE)]
    return [path for path in files if _calls(path)]


def _asked(client: httpx.Client, recorded: Interaction) -> httpx.Response:
    request = recorded.request
    lines = [(name, value) for name, value in request.headers if name.lower() not in _CLIENTS_OWN]
    headers = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in lines]
    return client.send(
        client.build_request(request.method, request.url, headers=headers, content=request.body), stream=True
    )


@pytest.mark.timeout(900)
def test_each_request_finds_its_own_answer() -> None:
    """Sent in order through httpx, each stored request of an LLM gets its own status and bytes, and they decode."""
    sent, wrong = 0, []
    for path in _files():
        with llmvcr.use_cassette(path, record_mode="none") as cassette, httpx.Client() as client:
            for number, recorded in enumerate(calls := _calls(path)):
                response = _asked(client, recorded)
                raw = b"".join(response.iter_raw())
                if (response.status_code, raw) != (recorded.response.status, recorded.response.body):
                    wrong.append(f"{path.name} #{number}")
                # With the encoding that is served: one that the body no longer has would raise here.
                httpx.Response(response.status_code, headers=response.headers, content=raw).read()
            assert cassette.play_count == len(calls)
            sent += len(calls)
    assert sent >= _SAMPLE
    assert wrong == []


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
