"""Mutated cassettes and recordings bring only documented errors; the long form is tools/fuzz.py."""

from __future__ import annotations

from shared import CASSETTES
from tools import _fuzz_cases, _fuzzing

_COUNT = 300


def test_mutated_files_are_read_or_refused() -> None:
    """Load, match, diff, frames, redaction and conversion of each: whatever is no documented error fails here."""
    files = _fuzz_cases.sources([CASSETTES])
    told = {_fuzzing.attempt(_fuzz_cases.case(files, 1, number)) for number in range(_COUNT)}
    assert {"read", "refused"} <= told


def test_a_case_is_always_the_same() -> None:
    """So that the number that was printed brings the fault again."""
    files = _fuzz_cases.sources([CASSETTES])
    assert [_fuzz_cases.case(files, 3, n) for n in range(20)] == [_fuzz_cases.case(files, 3, n) for n in range(20)]
