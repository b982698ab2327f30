"""The HTTP rebuilt from recordings, read by the real ollama and anthropic SDKs."""

from __future__ import annotations

import csv
import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import ollama
import pytest

from llmvcr.formats.recording import RECORDING
from llmvcr.interaction import Interaction
from shared import corpus

_CALLS = {
    "chat": "chat",
    "embed": "embed",
    "embeddings": "embed",
    "generate": "generate",
    "ps": "ps",
    "pull": "pull",
    "tags": "list",
}
"""The method of ollama's client by the last word of the path."""


def _rows(fits: Callable[[dict[str, str]], bool]) -> list[Path]:
    """The recordings of the corpus whose row in its list fits: every tenth, all with LLMVCR_LONG."""
    root = corpus("recordings").parent
    with (root / "recordings.tsv").open(encoding="utf-8", newline="") as file:
        found = [root / row["path"] for row in csv.DictReader(file, delimiter="\t") if fits(row)]
    return found if os.environ.get("LLMVCR_LONG") else found[::10]


def _asked_ollama(interaction: Interaction) -> list[Any]:
    answer = interaction.response

    def serve(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)

    sent = json.loads(interaction.request.body) if interaction.request.body else {}
    call = _CALLS[interaction.request.url.rpartition("/")[2]]
    with httpx.Client(transport=httpx.MockTransport(serve), base_url="http://mock") as inner:
        client = ollama.Client(host="http://mock")
        client._client.close()  # noqa: SLF001 - ollama's client takes no transport of one's own
        client._client = inner  # noqa: SLF001
        if call == "pull" and "model" not in sent:
            sent["model"] = "any"
        got = getattr(client, call)(**sent)
        return list(got) if sent.get("stream") else [got]


def test_ollama_reads_what_was_recorded_of_it() -> None:
    """Each object of ollama's client is the one that its class makes of the recorded data."""
    compared = 0
    for path in _rows(lambda row: row["types"].startswith("ollama.")):
        data = path.read_bytes()
        body = json.loads(data)["response"]["body"]
        wanted = []
        for item in body if isinstance(body, list) else [body]:
            module, _, name = item["__type__"].rpartition(".")
            wanted.append(getattr(importlib.import_module(module), name)(**item["__data__"]))
        got = _asked_ollama(RECORDING.read(data, path=str(path)).interactions[0])
        assert got == wanted, path
        assert [each.model_dump() for each in got] == [each.model_dump() for each in wanted], path
        compared += len(got)
    assert compared


def test_anthropic_reads_what_was_recorded_of_it() -> None:
    """A recorded call of /v1/messages gives a message, or the events of one, as anthropic's client reads them."""
    seen = 0
    for path in _rows(lambda row: row["format_version"] == "http"):
        (interaction,) = RECORDING.read(path.read_bytes(), path=str(path)).interactions
        if not interaction.request.url.endswith("/v1/messages"):
            continue
        answer = interaction.response

        def serve(_request: httpx2.Request, answer: Any = answer) -> httpx2.Response:
            return httpx2.Response(answer.status, headers=list(answer.headers), content=answer.body)

        sent = json.loads(interaction.request.body or b"{}")
        stream = sent.pop("stream", False)
        asked = {name: sent.pop(name) for name in ("max_tokens", "messages", "model")}
        with (
            httpx2.Client(transport=httpx2.MockTransport(serve)) as inner,
            anthropic.Anthropic(api_key="sk-made-up-key", http_client=inner, max_retries=0) as client,
        ):
            if answer.status >= 400:
                with pytest.raises(anthropic.APIStatusError):
                    client.messages.create(**asked, stream=stream, extra_body=sent)
            elif stream:
                kinds = [event.type for event in client.messages.create(**asked, stream=True, extra_body=sent)]
                assert (kinds[0], kinds[-1]) == ("message_start", "message_stop"), path
            else:
                got = client.messages.create(**asked, extra_body=sent)
                assert got.model_dump(mode="json", exclude_unset=True) == json.loads(answer.body), path
        seen += 1
    if not seen:
        pytest.skip("the sample of the corpus holds no call of /v1/messages")
