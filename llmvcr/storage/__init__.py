"""The only door to disk: whole files or none, documents, and working files beside them."""

from __future__ import annotations

from llmvcr.listing import SUFFIXES, members
from llmvcr.storage.documents import dump, load
from llmvcr.storage.journal import Journal, Left, incomplete, left, only_one, orphans, set_incomplete
from llmvcr.storage.whole import read, refuse_existing, write, write_all, write_many
from llmvcr.storage.working import append, spool, workshop

__all__ = [
    "SUFFIXES",
    "Journal",
    "Left",
    "append",
    "dump",
    "incomplete",
    "left",
    "load",
    "members",
    "only_one",
    "orphans",
    "read",
    "refuse_existing",
    "set_incomplete",
    "spool",
    "workshop",
    "write",
    "write_all",
    "write_many",
]
