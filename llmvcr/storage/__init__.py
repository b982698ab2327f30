"""The only door to disk: whole files or none, documents, and working files beside them."""

from __future__ import annotations

from llmvcr.listing import SUFFIXES, members
from llmvcr.storage.documents import dump, load
from llmvcr.storage.whole import read, refuse_existing, write, write_all, write_many
from llmvcr.storage.working import append, workshop

__all__ = [
    "SUFFIXES",
    "append",
    "dump",
    "load",
    "members",
    "read",
    "refuse_existing",
    "workshop",
    "write",
    "write_all",
    "write_many",
]
