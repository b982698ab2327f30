"""Rules for what is no module of the package: the tests themselves, texts of every kind, folders and their READMEs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from house.source import Module, bindings

__all__ = ["TOP", "asserting", "bare_marks", "docstrings", "foreign_words", "plain_functions", "readmes", "strangers"]

TOP = ("LICENSE", "README.md", "cassettes", "llmvcr", "pyproject.toml", "tests", "tools")
"""What may stand at the top level, beside dotfiles."""

_CHECKERS = ("assert_", "check_")
_METHODS = {"fnmatch_lines", "no_fnmatch_line", "re_match_lines"}
_MACHINE = re.compile(r"(?<![\w.~-])/(?:work|root|home/\w+|Users/\w+)(?:/|\b(?![\w.-]))|[A-Za-z]:\\Users\\")
_REGISTRY = re.compile(
    r"pypi\.(?:org|python)|pythonhosted\.org|npmjs\.(?:org|com)|registry\.yarnpkg|(?:deb|security)\.debian\.org"
    r"|index-url\s*[= ]\s*http"
)


def _tests(modules: Iterable[Module]) -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield module, node


def docstrings(modules: Sequence[Module]) -> list[str]:
    """Name the tests without a docstring of exactly one line: the truth that they test."""
    found = []
    for module, test in _tests(modules):
        words = ast.get_docstring(test)
        if not words:
            found.append(module.at(test, f"{test.name} has no docstring"))
        elif "\n" in words:
            found.append(module.at(test, f"{test.name}: the docstring is longer than one line"))
    return found


def asserting(modules: Sequence[Module]) -> list[str]:
    """Name the tests that assert nothing.

    An assert counts, raises and warns, a helper called assert_… or check_…, one that asserts itself (of the same
    module, or imported from another of these), and a call that is told how many tests have to pass. "never_raises"
    in a name is asserted by running.
    """
    found = []
    everywhere = {name: node for module in modules for name, node in _functions(module).items()}
    for module in modules:
        bound = bindings(module)
        helpers = {name: node for name, node in everywhere.items() if name in bound} | _functions(module)
        for _, test in _tests([module]):
            if "never_raises" not in test.name and not _asserts(test, helpers):
                found.append(module.at(test, f"{test.name} asserts nothing"))
    return found


def bare_marks(modules: Sequence[Module]) -> list[str]:
    """Name every skip and xfail that gives no reason."""
    found = []
    for module in modules:
        called = {id(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail"} and id(node) not in called:
                if ast.unparse(node).startswith("pytest."):
                    found.append(module.at(node, f"{ast.unparse(node)} without a reason"))
            elif isinstance(node, ast.Call) and _is_mark(node.func) and not _has_reason(node):
                found.append(module.at(node, f"{ast.unparse(node.func)} without a reason"))
    return found


def plain_functions(modules: Sequence[Module]) -> list[str]:
    """Name the test classes: tests are plain functions."""
    return [
        module.at(node, f"{node.name} is a test class")
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]


def foreign_words(texts: Mapping[str, str]) -> list[str]:
    """Name the lines, by path of a text, that hold a path of somebody's machine or a package registry's host."""
    found = []
    for path, text in texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            for what, pattern in (("a machine's path", _MACHINE), ("a package registry", _REGISTRY)):
                if hit := pattern.search(line):
                    found.append(f"{path}:{number}: {what}: {hit[0]}")
    return found


def strangers(files: Iterable[Path]) -> list[str]:
    """Name what stands at the top level and has no business there."""
    top = sorted({file.parts[0] for file in files})
    return [f"{name}: not of the top level" for name in top if name not in TOP and not name.startswith(".")]


def readmes(files: Iterable[Path]) -> list[str]:
    """Name the folders without a README: those of the top level, and those right below them that hold no code."""
    known = set(files)
    folders = {PurePath(*file.parts[:depth]) for file in known for depth in (1, 2) if len(file.parts) > depth}
    found = []
    for folder in sorted(folders):
        is_code = any(file.suffix == ".py" and folder in file.parents for file in known)
        if str(folder).startswith(".") or (is_code and len(folder.parts) > 1):
            continue
        if Path(folder, "README.md") not in known:
            found.append(f"{folder.as_posix()}: no README.md")
    return found


def _functions(module: Module) -> dict[str, ast.AST]:
    return {n.name: n for n in module.tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}


def _asserts(function: ast.AST, helpers: Mapping[str, ast.AST]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _checks(node)):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in helpers:
            others = {name: helper for name, helper in helpers.items() if name != node.func.id}
            if _asserts(helpers[node.func.id], others):
                return True
    return False


def _checks(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    counted = any(keyword.arg in {"passed", "failed", "errors"} for keyword in call.keywords)
    known = name in {"pytest.raises", "pytest.warns", "pytest.fail"} or last in _METHODS
    return known or counted or last.startswith(_CHECKERS)


def _is_mark(function: ast.expr) -> bool:
    return bool(re.fullmatch(r"pytest\.(mark\.)?(skip|skipif|xfail)", ast.unparse(function)))


def _has_reason(call: ast.Call) -> bool:
    if any(keyword.arg == "reason" for keyword in call.keywords):
        return True
    return ast.unparse(call.func).endswith((".skip", "pytest.xfail")) and bool(call.args)
