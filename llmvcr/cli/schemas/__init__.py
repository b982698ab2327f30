"""JSON Schemas (draft 2020-12) of what each command prints with --json: one file a command, data beside the code."""

from __future__ import annotations

from importlib import resources

__all__ = ["NAMES", "text"]

NAMES = ("check", "convert", "diff", "lint", "merge", "prune", "recover", "redact", "rules", "show", "stats", "view")
"""The commands that have one: those with --json."""


def text(name: str) -> str:
    """Give the schema of a command's output as it stands in the package; KeyError for a name that has none."""
    if name not in NAMES:
        raise KeyError(name)
    return resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8")
