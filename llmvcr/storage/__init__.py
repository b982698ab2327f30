"""The only door to disk: whole files or none, documents, and working files beside them."""

from __future__ import annotations

from llmvcr.listing import SUFFIXES, members
from llmvcr.storage.documents import dump, load
from llmvcr.storage.folding import fold, folded, incomplete, set_incomplete, settle, unsettled
from llmvcr.storage.journal import Journal, Left, left, orphans
from llmvcr.storage.locks import only_one, sweep
from llmvcr.storage.whole import read, refuse_existing, write, write_all, write_many
from llmvcr.storage.working import append, spool, workshop

__all__ = [
    "SUFFIXES",
    "Journal",
    "Left",
    "append",
    "dump",
    "fold",
    "folded",
    "incomplete",
    "left",
    "load",
    "members",
    "only_one",
    "orphans",
    "read",
    "refuse_existing",
    "set_incomplete",
    "settle",
    "spool",
    "sweep",
    "unsettled",
    "workshop",
    "write",
    "write_all",
    "write_many",
]
