"""The README of the project, and how its tests take it apart."""

from __future__ import annotations

import re

from shared import PROJECT

__all__ = ["README", "blocks", "section", "table"]

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


def table(head: str) -> list[list[str]]:
    """The rows of the table whose first cell is `head`, each as its cells."""
    start = README.index(f"| {head} |")
    rows = README[start:].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def section(heading: str) -> str:
    """What stands below a heading of the second level, up to the next one."""
    return README.split(f"## {heading}\n")[1].split("\n## ")[0]
