"""An ear hears a call once and whole, whichever threads read and close it."""

from __future__ import annotations

import tempfile
import threading
from typing import Any

from llmvcr.interaction import Response
from llmvcr.taps import Call
from llmvcr.taps.ear import Ear
from llmvcr.taps.pieces import HELD

_SOON = 0.2  # seconds that another thread is given for what it must not be able to do meanwhile


class _Slow:
    """A file that lets somebody else run in the middle of each write."""

    def __init__(self, meanwhile: threading.Thread) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - the pieces close it
        self._meanwhile = meanwhile

    def write(self, data: bytes) -> int:
        if self._meanwhile.ident is None:
            self._meanwhile.start()
            self._meanwhile.join(_SOON)
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _heard(ear: Ear) -> None:
    ear.head(200, "OK", ())


def test_closed_by_another_thread_in_the_middle_of_a_chunk() -> None:
    """A stream that is closed while a chunk of it is taken in is recorded with that chunk and its time."""
    recorded: list[Response] = []
    closing = threading.Thread(target=lambda: ear.close())  # noqa: PLW0108 - there is no ear yet
    ear = Ear(Call(record=recorded.append, spool=lambda: _Slow(closing)))  # type: ignore[arg-type, return-value]
    _heard(ear)
    ear.chunk(b"x" * (HELD + 1))
    closing.join()
    (response,) = recorded
    assert (len(response.body), len(response.times), response.ended) == (HELD + 1, 2, "closed")


def test_the_cassette_waits_for_what_is_being_recorded() -> None:
    """Who closes a stream that another thread has just read to its end goes on when it is recorded."""
    recorded: list[Response] = []
    recording, seen = threading.Event(), list[int]()

    def record(response: Response) -> None:
        recording.set()
        closing.join(_SOON)
        recorded.append(response)

    def close() -> None:
        recording.wait()
        ear.close()
        seen.append(len(recorded))

    ear = Ear(Call(record=record))
    _heard(ear)
    closing = threading.Thread(target=close)
    closing.start()
    ear.end()
    closing.join()
    assert seen == [1]
    assert [response.ended for response in recorded] == [""]
