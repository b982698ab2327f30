"""The command that measures first chunks: what it counts, and what it exits with."""

from __future__ import annotations

import pytest

from sdk.sdks import SDKS
from tools import first_chunk
from tools.first_chunk import Times


@pytest.mark.parametrize("name", ["httpx", "httpx async"])
def test_every_way_gives_a_time_and_the_pieces_for_each_run(name: str) -> None:
    """Live, recording, replay and vcrpy are run as often as asked; only vcrpy joins the pieces."""
    (sdk,) = [row for row in SDKS if row.name == name]
    times = first_chunk.measure(sdk, 2, with_vcrpy=True)
    pieces = {way: [count for _, count in found] for way, found in times.items()}
    assert pieces == {"live": [4, 4], "recording": [4, 4], "replay": [4, 4], "vcrpy": [1, 1]}
    assert all(ms > 0 for found in times.values() for ms, _ in found)


@pytest.mark.parametrize(
    ("recording", "code"),
    [([(9.0, 4), (5.9, 4)], 0), ([(6.1, 4), (9.0, 4)], 1), ([(1.0, 1), (1.0, 1)], 1), ([(1.0, 4), (1.0, 3)], 1)],
)
def test_five_milliseconds_more_or_other_pieces_are_exit_code_1(
    recording: list[tuple[float, int]],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The fastest recording is held against the fastest live run, and the pieces have to be the same each time."""
    times: Times = {"live": [(3.0, 4), (1.0, 4)], "recording": recording, "replay": [(1.0, 4), (1.0, 4)]}
    monkeypatch.setattr(first_chunk, "measure", lambda _sdk, _runs, **_: times)
    assert first_chunk.main(["--sdk", "httpx"]) == code
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["httpx", "httpx", "2.0"]
