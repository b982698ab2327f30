"""The only door to disk: whole files or none, documents, and working files beside them."""

from __future__ import annotations

from llmvcr.listing import SUFFIXES, members
from llmvcr.storage.documents import dump, load
from llmvcr.storage.journal import Journal, Left, left, only_one
from llmvcr.storage.whole import read, refuse_existing, write, write_all, write_many
from llmvcr.storage.working import append, spool, workshop

__all__ = [
    "SUFFIXES",
    "Journal",
    "Left",
    "append",
    "dump",
    "left",
    "load",
    "members",
    "only_one",
    "read",
    "refuse_existing",
    "spool",
    "workshop",
    "write",
    "write_all",
    "write_many",
]
