"""Each rule about what modules do finds what it is there to find, and nothing in a sound sample."""

from __future__ import annotations

import pytest

from house.conduct import STORAGE, eaten_errors, hidden_globals, writes
from house.source import sample


@pytest.mark.parametrize(
    "text",
    [
        "cache = {'a': 1}",
        "_cache = {}",
        "_seen: set[str] = set()",
        "CACHE = {}",
        "CACHE = []",
        "CACHE = defaultdict(list)",
        "LOCAL = threading.local()",
        "TABLE = {'a': 1}\ndef f():\n    TABLE['b'] = 2",
        "TABLE = {'a': 1}\ndef f():\n    del TABLE['a']",
        "_TABLE = ['a']\ndef f():\n    _TABLE.append('b')",
        "TABLE = {1}\ndef f():\n    TABLE |= {2}",
        "count = 0\ndef f():\n    global count\n    count += 1",
    ],
)
def test_state_at_module_level_is_found(text: str) -> None:
    """A container that may change at module level is a hidden global, and so is what `global` names."""
    assert len(hidden_globals([sample("llmvcr.a", text)])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "__all__ = ['a']",
        "__all__: list[str] = []",
        "_TABLE = {'a': 1}\ndef f():\n    return _TABLE['a']",
        "NAMES = ('a', 'b')\n_NOTHING = MappingProxyType({})\nlower = frozenset({'a'})",
        "def f():\n    cache = {}\n    cache['a'] = 1",
        "class C:\n    __slots__ = ['a']",
    ],
)
def test_tables_and_locals_are_no_hidden_globals(text: str) -> None:
    """A table that nothing changes, frozen values and local containers are fine."""
    assert hidden_globals([sample("llmvcr.a", text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "try: f()\nexcept: raise",
        "try: f()\nexcept Exception: pass",
        "try: f()\nexcept (ValueError, Exception): ...",
        "try: f()\nexcept BaseException as error: 'nothing'",
        "def g():\n    try: f()\n    except Exception: return None",
        "for x in y:\n    try: f()\n    except Exception: continue",
        "with contextlib.suppress(Exception): f()",
        "with suppress(ValueError, BaseException): f()",
    ],
)
def test_an_eaten_error_is_found(text: str) -> None:
    """A bare except, a broad one that does nothing and a broad suppress eat errors."""
    assert len(eaten_errors([sample("llmvcr.a", text)])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "try: f()\nexcept ValueError: pass",
        "try: f()\nexcept Exception as error: report(error)",
        "try: f()\nexcept BaseException:\n    undo()\n    raise",
        "with suppress(FileNotFoundError): f()",
    ],
)
def test_an_error_that_is_named_or_told_is_fine(text: str) -> None:
    """A narrow except may do nothing; a broad one has to do something with the error."""
    assert eaten_errors([sample("llmvcr.a", text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "open(path, 'r+')",
        "open(path, how)",
        "io.open(path, 'x')",
        "path.open('w')",
        "Path(path).write_text('x')",
        "Path(path).write_bytes(b'x')",
        "path.touch()",
        "path.unlink()",
        "path.rename(other)",
        "path.replace(other)",
        "os.replace(a, b)",
        "os.rename(a, b)",
        "os.remove(a)",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "os.fdopen(number, 'wb')",
        "shutil.copy(a, b)",
        "tempfile.NamedTemporaryFile()",
        "mkstemp()",
    ],
)
def test_every_way_to_write_a_file_is_found_outside_storage(text: str) -> None:
    """Whatever makes, changes, moves or removes a file belongs into storage, and is fine there."""
    assert len(writes([sample("llmvcr.convert", text)])) == 1
    assert writes([sample(STORAGE, text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "open(path)",
        "open(path, 'rb')",
        "path.open()",
        "path.open('rb')",
        "os.open(path, os.O_RDONLY)",
        "os.open(os.devnull, os.O_WRONLY)",
        "text.replace('a', 'b')",
        "dataclasses.replace(value, a=1)",
        "path.read_bytes()",
        "sys.stdout.write('x')",
        "names.remove('a')",
    ],
)
def test_reading_is_allowed_everywhere(text: str) -> None:
    """Reading a file, and what only looks like writing one, is no complaint."""
    assert writes([sample("llmvcr.convert", text)]) == []
