"""Every call of the matrix, recorded from a live server and replayed with the server stopped."""

from __future__ import annotations

import pytest

import llmvcr
from openai_server import serve
from sdk.calls import ROWS, How, Row, ask, dumped

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
typed_rows = pytest.mark.parametrize("row", [row for row in ROWS if row.typed], ids=lambda row: row.name)
_PACKED = ("chat", "response_tools", "embedding_base64", "moderation", "transcription")
packed_rows = pytest.mark.parametrize("row", [row for row in ROWS if row.name in _PACKED], ids=lambda row: row.name)


@every_row
def test_replay_gives_the_recorded_objects(row: Row, how: How, serializer: str, path: str) -> None:
    """With the server stopped the application gets equal objects, piece for piece."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = ask(how, server.base_url, row)
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer) as cassette:
        replayed = ask(how, server.base_url, row)
    assert replayed == recorded
    assert dumped(replayed) == dumped(recorded)
    assert len(server.requests) == cassette.play_count == 1


@typed_rows
def test_objects_gives_what_the_application_got(row: Row, serializer: str, path: str) -> None:
    """llmvcr.objects makes of the file the very objects that the SDK gave the application."""
    with serve() as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = ask("sync", server.base_url, row)
    (interaction,) = llmvcr.load(path).interactions
    made = llmvcr.objects(interaction)
    assert [type(one) for one in made] == [type(one) for one in recorded]
    assert dumped(list(made)) == dumped(recorded)


@packed_rows
def test_a_compressed_answer_replays(row: Row, how: How, serializer: str, path: str) -> None:
    """An answer that crossed the wire gzipped replays to equal objects."""
    with serve(compress=True) as server, llmvcr.use_cassette(path, record_mode="once", serializer=serializer):
        recorded = ask(how, server.base_url, row)
    with llmvcr.use_cassette(path, record_mode="none", serializer=serializer):
        replayed = ask(how, server.base_url, row)
    assert replayed == recorded
    assert dumped(replayed) == dumped(recorded)
