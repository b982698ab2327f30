"""Cassettes of tests that no longer exist, by the names that pytest-recording gives them."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from llmvcr import storage
from llmvcr.errors import OptionError, ReadError

__all__ = ["Tests", "collected", "orphan"]

_FORBIDDEN = re.compile(r"""[<>?%*:|"'/\\]""")
_SHORTENED = re.compile(r"\.\.\.[0-9a-f]{32}$")
_FUNCTION = re.compile(r"(?:[^\W\d]\w*\.)?([^\W\d]\w*)")
_NOTHING_COLLECTED = 5
_SHOWN = 1500


@dataclass(frozen=True, slots=True)
class Tests:
    """What is known of the tests below `folders`, which are absolute.

    `names` are those of their default cassettes without a suffix, and `functions` those of the test functions, each as
    (name of the module, name); `words` and `texts` are what stands in the source of every module below the folders.
    """

    folders: tuple[Path, ...]
    names: frozenset[tuple[str, str]]
    functions: frozenset[tuple[str, str]]
    words: frozenset[str]
    texts: tuple[str, ...]


def collected(folders: Sequence[Path]) -> Tests:
    """Have pytest collect the tests, all of them, whatever marks the configuration selects by; runs none.

    Raises OptionError where pytest cannot collect them, or there is none: which tests there are is not known then.
    """
    command = [sys.executable, "-m", "pytest", "--collect-only", "--verbosity=-1", "--color=no"]
    command += ["-m", "", "-k", "", *map(str, folders)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)  # noqa: S603 - pytest, on folders that the user named
    if done.returncode == _NOTHING_COLLECTED:
        raise OptionError(f"pytest finds no test in {', '.join(map(str, folders))}: every cassette would be an orphan")
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-_SHOWN:]
        raise OptionError(f"pytest cannot collect {', '.join(map(str, folders))}:\n{said}")
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    texts = tuple(_texts(folders))
    words = frozenset(word for text in texts for word in re.findall(r"\w+", text))
    named = [_named(one) for one in ids]
    names = ((module, name) for module, _, several in named for name in several)
    absolute = tuple(Path(os.path.realpath(folder)) for folder in folders)
    return Tests(
        absolute, frozenset(names), frozenset((module, function) for module, function, _ in named), words, texts
    )


def orphan(path: Path, tests: Tests) -> str | None:
    """Say why a file is the cassette of a test that no longer exists; None where it may be of one that does.

    Only files in `cassettes/<module>/` beside tests that are known are judged: there pytest-recording puts them. One
    whose name stands in the source of some test is spared, as is one whose function does, unless pytest has collected
    that function.
    """
    path = Path(os.path.realpath(path))
    module, stem = path.parent.name, _stem(path.name)
    beside = path.parent.parent
    if beside.name != "cassettes" or not any(beside.is_relative_to(folder) for folder in tests.folders):
        return None
    function = _FUNCTION.match(stem)
    if function is None or _SHORTENED.search(stem):
        return None
    if (module, stem) in tests.names or (not stem.isidentifier() and any(stem in text for text in tests.texts)):
        return None
    if (module, function[1]) in tests.functions:
        return f"{module}.py has {function[1]}, but not with these parameters"
    if function[1] in tests.words:
        return None
    return f"no test is called {function[1]}"


def _named(node: str) -> tuple[str, str, tuple[str, ...]]:
    """Take a node id apart: its module, its function, and the names that its default cassette may have."""
    place, bracket, parameters = node.partition("[")
    path, *classes, function = place.split("::")
    name = f"{function}{bracket}{parameters}"
    whole = f"{classes[-1]}.{name}" if classes else name
    plain = _FORBIDDEN.sub("-", whole)
    # shared/decisions.md, 6: of a parametrised test whose id cannot stand in a file's name.
    own = f"{plain}~{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
    return PurePosixPath(path).stem, function, (plain, own)


def _stem(name: str) -> str:
    suffix = next((one for one in storage.SUFFIXES if name.endswith(one)), "")
    return name.removesuffix(suffix)


def _texts(folders: Iterable[Path]) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            try:
                yield storage.read(path).decode("utf-8", "replace")
            except (FileNotFoundError, ReadError) as error:
                raise OptionError(str(error)) from error
