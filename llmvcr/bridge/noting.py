"""Writing an interaction into the journal of its cassette, as it is going to be saved."""

from __future__ import annotations

import contextlib
import copy
import logging
from typing import Any

from vcr.cassette import _run_hooks

from llmvcr.bridge.translate import to_interaction
from llmvcr.errors import ReadError
from llmvcr.interaction import Interaction
from llmvcr.keeping import Keeping

__all__ = ["note"]

_LOG = logging.getLogger("llmvcr")


def note(cassette: Any, keeping: Keeping, ticket: int, last: Interaction | None) -> None:
    """Write the `last` interaction of a cassette down, in the place of its ticket; its lock is held meanwhile.

    What the user's hooks change or drop when it is saved they change or drop here. One that fails does so when the
    cassette is saved, not in the middle of the application's call; the log says that there is no journal of it.
    `last` is None where a hook has spoilt it.
    """
    if not cassette._before_save_interaction:
        if last is not None:
            keeping.note(ticket, last)
        return
    try:
        pair = _run_hooks(cassette._before_save_interaction, *copy.deepcopy(cassette.data[-1]), cassette)
    except Exception as error:  # noqa: BLE001 - a hook may raise what it likes
        told = cassette.finding.redactor.clean(repr(error))
        _LOG.warning("%s: before_save_interaction failed, so that no journal is kept: %s", cassette.label, told)
        return
    if pair is not None:
        with contextlib.suppress(ReadError):  # spoilt by a hook: saving will say so
            keeping.note(ticket, to_interaction(*pair, path=cassette.label, number=len(cassette.data) - 1))
