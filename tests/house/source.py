"""Modules as the rules of the house see them: a name, a path, a text and its syntax tree; nothing is imported."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Module", "bindings", "exported", "imports", "package", "sample", "tracked"]


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its dotted `name`, and `path` relative to the project, for messages."""

    name: str
    path: str
    text: str
    tree: ast.Module = field(repr=False)

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__` of a package."""
        return self.path.endswith("__init__.py")

    def at(self, node: ast.AST, words: str) -> str:
        """A complaint about one place."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {words}"


def sample(name: str, text: str, *, is_package: bool = False) -> Module:
    """A module made up for the test of a rule."""
    path = name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
    return Module(name, path, text, ast.parse(text))


def package(folder: Path, *, base: Path) -> tuple[Module, ...]:
    """Every module below `folder`, named from `base` on, in the order of their paths."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(base)
        parts = relative.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        found.append(Module(name, relative.as_posix(), text, ast.parse(text, filename=str(path))))
    return tuple(found)


def tracked(project: Path) -> tuple[Path, ...]:
    """The files that git keeps or would keep (ignored ones are left out), relative to the project."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=project, capture_output=True, check=True).stdout.decode()
    return tuple(Path(name) for name in sorted(set(listed.split("\0"))) if name and (project / name).is_file())


def imports(module: Module, known: Sequence[str] = ()) -> Iterator[tuple[ast.AST, str]]:
    """Give every import, late and typing-only ones too, as the full name of the module that is asked for.

    `from a import b` asks for `a.b` where `known` holds it, else for `a`. import_module("a.b") counts where it
    is spelt out.
    """
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield node, full if full in known else base
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            yield from (
                (node, a.value) for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )


def bindings(module: Module) -> frozenset[str]:
    """Give the names that the module binds at its top level, those under `if` and `try` included."""
    names: set[str] = set()
    for node in _top(module.tree.body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.Assign(targets=targets):
                names.update(n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def exported(module: Module) -> list[str] | None:
    """Give what `__all__` spells out, or None where there is none or it is no plain list of strings."""
    for node in module.tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=value)
            ):
                if isinstance(value, ast.List | ast.Tuple):
                    names = [item.value for item in value.elts if isinstance(item, ast.Constant)]
                    if len(names) == len(value.elts) and all(isinstance(name, str) for name in names):
                        return [str(name) for name in names]
            case _:
                pass
    return None


def _top(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _top(node.body)
            yield from _top(node.orelse)
        elif isinstance(node, ast.Try):
            yield from _top(node.body)
            yield from _top(node.orelse)
            for handler in node.handlers:
                yield from _top(handler.body)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    drop = node.level - 1 if module.is_package else node.level
    base = parts[: len(parts) - drop]
    return ".".join([*base, node.module] if node.module else base)


def _called(node: ast.Call) -> str:
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
