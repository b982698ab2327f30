"""The only door to disk: whole files or none, documents, and working files beside them."""

from __future__ import annotations

from llmvcr.listing import SUFFIXES, members
from llmvcr.storage.documents import dump, load
from llmvcr.storage.folding import fold, fold_more, folded, incomplete, set_incomplete, settle, unsettled
from llmvcr.storage.journal import Journal, Left, left, orphans
from llmvcr.storage.leftovers import Leftover, clear, leftovers
from llmvcr.storage.locks import only_one, sweep
from llmvcr.storage.names import refuse_impossible
from llmvcr.storage.outlines import read_again
from llmvcr.storage.removing import remove, remove_empty
from llmvcr.storage.rescue import rescue
from llmvcr.storage.whole import read, refuse_existing, write, write_all, write_many
from llmvcr.storage.working import append, spool, workshop

__all__ = [
    "SUFFIXES",
    "Journal",
    "Left",
    "Leftover",
    "append",
    "clear",
    "dump",
    "fold",
    "fold_more",
    "folded",
    "incomplete",
    "left",
    "leftovers",
    "load",
    "members",
    "only_one",
    "orphans",
    "read",
    "read_again",
    "refuse_existing",
    "refuse_impossible",
    "remove",
    "remove_empty",
    "rescue",
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
