"""The independent scanner: what it finds beside our own shapes, and that it is quiet where nothing is."""

from __future__ import annotations

import pytest

from llmvcr import storage
from llmvcr.redaction import find_in_file, redacted
from llmvcr.secrets import scanner
from made_up_keys import KEYS
from shared import CASSETTES

pytest.importorskip("betterleaks", reason="the extra `scan` is not installed")


def test_keys_are_found_by_it() -> None:
    """Keys of several kinds, by rules that are not ours."""
    found = [kind for kind, key in KEYS if list(scanner.scanned(f'{{"api_key": "{key}"}}'))]
    assert len(set(found)) > 10
    assert scanner.installed()


def test_a_find_has_the_name_of_the_rule() -> None:
    """The gate says who found it, and never the value."""
    key = next(key for kind, key in KEYS if kind == "GitHub token")
    finds = find_in_file(f"token: {key}\n".encode())
    assert [each.kind for each in finds] == ["GitHub token"], "what our own shapes know is told once"
    assert key not in str(finds)


def test_our_own_cassettes_give_no_alarm() -> None:
    """Neither do those that were redacted."""
    for path in storage.members(CASSETTES):
        assert find_in_file(path.read_bytes()) == (), path
        assert all(redacted(each) for each in storage.load(path))
