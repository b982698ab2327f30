"""The shape of a module: short, with a caption, with an honest `__all__`, and named by its shelf."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from house.source import Module, bindings, exported, imports

__all__ = ["MOST_LINES", "captions", "lengths", "public_names", "shelves"]

MOST_LINES = 300


def lengths(modules: Sequence[Module]) -> list[str]:
    """Name the modules that are too long."""
    counted = [(module.path, len(module.text.splitlines())) for module in modules]
    return [f"{path}: {lines} lines, {MOST_LINES} at most" for path, lines in counted if lines > MOST_LINES]


def captions(modules: Sequence[Module]) -> list[str]:
    """Name the modules whose docstring does not begin with one sentence, alone on its line or lines."""
    found = []
    for module in modules:
        caption = (ast.get_docstring(module.tree) or "").partition("\n\n")[0]
        if not caption:
            found.append(f"{module.path}: no caption")
        elif not caption.endswith(".") or re.search(r"[.!?]\s+[A-Z]", caption):
            found.append(f"{module.path}: the caption is not one sentence: {caption!r}")
    return found


def public_names(modules: Sequence[Module]) -> list[str]:
    """Name what is wrong with each `__all__`: absent, unsorted, repeated, unreal or not complete."""
    found = []
    for module in modules:
        names = exported(module)
        if names is None:
            found.append(f"{module.path}: no __all__ that spells out its names")
            continue
        if names != sorted(names, key=_sort_key):
            found.append(f"{module.path}: __all__ is not sorted: {sorted(names, key=_sort_key)}")
        if len(set(names)) < len(names):
            found.append(f"{module.path}: __all__ repeats a name")
        bound = bindings(module)
        if "__getattr__" not in bound:
            found += [f"{module.path}: {name} of __all__ is nowhere" for name in names if name not in bound]
        found += [
            module.at(node, f"{node.name} is public and not in __all__")
            for node in module.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and node.name not in names
        ]
    return found


def shelves(modules: Sequence[Module]) -> list[str]:
    """Name the modules of a shelf that nothing leads to: neither its `__init__` nor another room; private ones may.

    The `__init__` leads to a module that it imports or names as a word (in its docstring, too), and to what that
    one imports: a format, provider, tap or command that was written but is on no list is found.
    """
    found = []
    known = {module.name: module for module in modules}
    wanted = {m.name: {target for _, target in imports(m, sorted(known)) if target in known} for m in modules}
    for shelf in (module for module in modules if module.is_package and "." in module.name):
        inside = f"{shelf.name}."
        words = {n.value for n in ast.walk(shelf.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        words |= set(re.findall(r"\w+", ast.get_docstring(shelf.tree) or ""))
        reached = {shelf.name} | {name for name in known if words & {name, name.removeprefix(inside)}}
        reached |= {t for name, targets in wanted.items() if not name.startswith(inside) for t in targets}
        todo = sorted(reached)
        while todo:
            targets = wanted[todo.pop()] - reached
            todo += sorted(targets)
            reached |= targets
        for name in known:
            above, _, last = name.rpartition(".")
            if above == shelf.name and not last.startswith("_") and name not in reached:
                found.append(f"{shelf.path}: does not lead to {name}")
    return found


def _sort_key(name: str) -> tuple[int, tuple[tuple[int, str], ...]]:
    """The order of ruff's RUF022: CONSTANTS, then Classes, then the rest; digits count as numbers."""
    group = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    parts = re.findall(r"\d+|\D+", name)
    return group, tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)
