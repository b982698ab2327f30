"""The wall of a cassette, made of its options, and the way through it for what vcrpy's own stubs let go on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from vcr import patch
from vcr.record_mode import RecordMode

from llmvcr.bridge.options import Options
from llmvcr.taps import SWITCHBOARD
from llmvcr.walls import Wall, Walls, passing

__all__ = ["WALLS", "Ignored", "ignored", "wall"]

Ignored = frozenset[str | re.Pattern[str]]
"""vcrpy's `ignore_hosts` and `ignore_localhost`, as one set of names and patterns."""

_LOCALHOST = ("localhost", "0.0.0.0", "127.0.0.1", "::1")  # noqa: S104 - compared, never bound: vcrpy's own list


def _here() -> tuple[Wall | None, ...]:
    return tuple(getattr(cassette, "wall", None) for cassette in SWITCHBOARD.here())


def wall(cassette: Any, options: Options, ignored: Ignored) -> Wall | None:
    """Build the wall of one of our cassettes, or None where it has none: it may record, or is told to block nothing."""
    if cassette.record_mode != RecordMode.NONE or options.llmvcr_block_network == "off":
        return None
    return Wall(
        cassette.label,
        lambda: [cassette.data.request(position) for position in range(len(cassette.data))],
        everything=options.llmvcr_block_network == "all",
        allowed=options.allowed,
        ignored=ignored,
        abort=options.llmvcr_miss == "abort",
    )


def ignored(hosts: Iterable[str | re.Pattern[str]], *, localhost: bool) -> Ignored:
    """Return what vcrpy leaves alone by `ignore_hosts` and `ignore_localhost`."""
    return frozenset((*hosts, *(_LOCALHOST if localhost else ())))


def _let_pass(real: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def stand_in() -> Iterator[None]:
        with passing(), real():
            yield

    return stand_in


WALLS = Walls(_here, (patch, "force_reset", _let_pass))
"""The walls of the process; the stubs of vcrpy go to the network in `force_reset`, and for what they may alone."""
