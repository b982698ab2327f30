"""What may differ between the recorded request and the replayed one, and what may not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

import llmvcr
from openai_server import serve
from sdk.calls import ROWS, SOUND, TOOL, Row, ask, dumped

BY_NAME = {row.name: row for row in ROWS}
OTHER_TOOL = {**TOOL, "function": {**TOOL["function"], "name": "get_rain"}}  # type: ignore[dict-item]
HELLO = "Say hello."
DOTS = "data:image/png;base64,AAECAwQF"


def _user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_other_client_on_another_port_is_answered(row: Row, tmp_path: Path) -> None:
    """What the sync client recorded answers the async one, whatever port the test server had."""
    path = str(tmp_path / "cassette.yaml")
    with serve() as server, llmvcr.use_cassette(path, record_mode="once"):
        recorded = ask("sync", server.base_url, row)
    with llmvcr.use_cassette(path, record_mode="none"):
        replayed = ask("async", "http://localhost:9/v1", row)
    assert dumped(replayed) == dumped(recorded)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("chat", {"messages": _user("Say hello")}),
        ("chat", {"messages": _user("say hello.")}),
        ("chat", {"messages": _user("Say  hello.")}),
        ("chat", {"messages": [{"role": "system", "content": HELLO}]}),
        ("chat", {"messages": [{"role": "system", "content": "Be brief."}, *_user(HELLO)]}),
        ("chat", {"model": "gpt-4o-mini"}),
        ("chat", {"temperature": 0.5}),
        ("chat", {"tools": [TOOL]}),
        ("chat_streamed", {"stream_options": {"include_usage": True}}),
        ("chat_two_choices", {"n": 3}),
        ("chat_two_choices", {"temperature": 0.6}),
        ("chat_tool", {"tools": [OTHER_TOOL]}),
        ("chat_tool", {"parallel_tool_calls": True}),
        ("chat_image", {"messages": _user([{"type": "image_url", "image_url": {"url": DOTS}}])}),
        ("chat_image_link", {"messages": _user([{"type": "image_url", "image_url": {"url": "https://b.invalid"}}])}),
        ("completion", {"prompt": "Say goodbye."}),
        ("response", {"input": "Say goodbye."}),
        ("response", {"instructions": "Be brief."}),
        ("response_tools", {"tool_choice": "none"}),
        ("embedding_float", {"input": "two"}),
        ("embedding_tokens", {"input": [[1, 2], [4]]}),
        ("model", {"model": "gpt-4o-mini"}),
        ("image_base64", {"prompt": "A lobster."}),
        ("speech", {"voice": "echo"}),
        ("transcription", {"file": ("a.wav", SOUND + b"\x00", "audio/wav")}),
        ("transcription", {"language": "de"}),
        ("file_upload", {"purpose": "vision"}),
        ("moderation", {"input": ["I kill it.", "I like it."]}),
    ],
)
def test_a_changed_request_is_not_answered(name: str, changed: Mapping[str, Any], tmp_path: Path) -> None:
    """A request that differs in anything that the model hears of gets no answer."""
    path, row = str(tmp_path / "cassette.yaml"), BY_NAME[name]
    other = Row(row.name, row.method, {**row.arguments, **changed}, row.kind)
    with serve() as server:
        with llmvcr.use_cassette(path, record_mode="once"):
            ask("sync", server.base_url, row)
        with (
            llmvcr.use_cassette(path, record_mode="none"),
            pytest.raises(CannotOverwriteExistingCassetteException),
        ):
            ask("sync", server.base_url, other)
        assert len(server.requests) == 1


def test_new_episodes_asks_only_what_is_new(tmp_path: Path) -> None:
    """Under `new_episodes` a recorded prompt is answered from the file, and a new one is asked and added."""
    path, (first, second) = str(tmp_path / "cassette.json"), (BY_NAME["chat"], BY_NAME["chat_parallel_tools_streamed"])
    with serve() as server:
        for rows in ((first,), (first, second), (second, first)):
            with llmvcr.use_cassette(path, record_mode="new_episodes", serializer="json"):
                answers = {row.name: dumped(ask("sync", server.base_url, row)) for row in rows}
        assert len(server.requests) == 2
    with llmvcr.use_cassette(path, record_mode="none", serializer="json"):
        assert {row.name: dumped(ask("sync", server.base_url, row)) for row in (first, second)} == answers


def test_all_asks_everything_anew(tmp_path: Path) -> None:
    """Under `all` every call goes to the server, and the file holds the newest answer only to be replayed."""
    path = str(tmp_path / "cassette.yaml")
    with serve() as server:
        for _ in range(2):
            with llmvcr.use_cassette(path, record_mode="all"):
                newest = ask("sync", server.base_url, BY_NAME["chat"])
        assert len(server.requests) == 2
    assert newest[0].id in Path(path).read_text(encoding="utf-8")
