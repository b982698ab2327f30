"""A library that is imported while a cassette is open is tapped then, and not imported before that."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmvcr.interaction import Request
from llmvcr.taps.base import Call, Dial, Patch, Recorder
from llmvcr.taps.switchboard import Switchboard

_NAME = "library_that_comes_late"
_SOURCE = """
import threading
import {name}.gate

def send(url):
    return None

{name}.gate.run()
"""
_GATE = """
def run():
    pass
"""


class LateTap:
    """A tap for a library of one function, in a module of its own."""

    name = _NAME
    replaces = ()
    awaits = (f"{_NAME}.client", f"{_NAME}.other")
    is_steady = False

    def patches(self, recorder: Recorder) -> Iterator[Patch]:
        """Give the one patch; imports both modules, as the tap of websockets does."""
        client: Any = importlib.import_module(f"{_NAME}.client")
        importlib.import_module(f"{_NAME}.other")
        yield client, "send", lambda url: recorder.call(Request("GET", url))


class Cassette:
    """One that remembers what it heard."""

    def __init__(self, label: str) -> None:
        self.label, self.heard = label, list[str]()

    def call(self, request: Request) -> Call:
        """Take note."""
        self.heard.append(request.url)
        return Call()

    def dial(self, request: Request) -> Dial:
        """Take note of a handshake."""
        self.heard.append(request.url)
        return Dial()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A library that nobody has imported, and a list of finders that is the same afterwards."""
    place = tmp_path / _NAME
    place.mkdir()
    (place / "__init__.py").write_text("", encoding="utf-8")
    (place / "gate.py").write_text(_GATE, encoding="utf-8")
    for name in ("client", "other"):
        (place / f"{name}.py").write_text(_SOURCE.format(name=_NAME), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    finders = list(sys.meta_path)
    yield place
    assert sys.meta_path == finders
    for name in [name for name in sys.modules if name.partition(".")[0] == _NAME]:
        del sys.modules[name]


def _client(name: str = "client") -> Any:
    return importlib.import_module(f"{_NAME}.{name}")


@pytest.mark.usefixtures("library")
def test_it_is_tapped_when_it_comes() -> None:
    """Opening a cassette imports nothing; what is imported then is heard, by the innermost, until all are closed."""
    board, outer, inner = Switchboard(), Cassette("a"), Cassette("b")
    board.enter(outer, [LateTap()])
    assert _NAME not in sys.modules
    board.enter(inner, [LateTap()])
    client = _client()
    client.send("1")
    board.leave(inner)
    client.send("2")
    board.leave(outer)
    assert client.send("3") is None
    assert (outer.heard, inner.heard) == (["2"], ["1"])
    board.enter(outer, [LateTap()])  # it is there by now
    client.send("4")
    board.leave(outer)
    assert (outer.heard, client.send("5")) == (["2", "4"], None)


@pytest.mark.usefixtures("library")
def test_it_looks_as_if_nobody_stood_between() -> None:
    """The module that was waited for has the loader that it would have had."""
    board = Switchboard()
    board.enter(Cassette("a"), [LateTap()])
    client = _client()
    board.leave(board.here()[0])
    assert client.__loader__.get_source(client.__name__) == _SOURCE.format(name=_NAME)
    assert type(client.__loader__) is type(client.__spec__.loader) is type(importlib.import_module("json").__loader__)


@pytest.mark.usefixtures("library")
def test_one_that_was_only_looked_for() -> None:
    """Who looks whether the library is there gets what describes it, and changes nothing."""
    board, cassette = Switchboard(), Cassette("a")
    board.enter(cassette, [LateTap()])
    spec: Any = importlib.util.find_spec(f"{_NAME}.client")
    board.leave(cassette)
    assert spec.loader.get_source(spec.name) == _SOURCE.format(name=_NAME)
    client = _client()  # while none is open
    board.enter(cassette, [LateTap()])
    client.send("1")
    board.leave(cassette)
    assert cassette.heard == ["1"]


def test_one_that_fails_at_first(library: Path) -> None:
    """An import that fails says what it would have said; a second try is heard."""
    board, cassette = Switchboard(), Cassette("a")
    gate = library / "gate.py"
    gate.write_text("def run():\n    raise ZeroDivisionError\n", encoding="utf-8")
    board.enter(cassette, [LateTap()])
    with pytest.raises(ZeroDivisionError):
        _client()
    sys.modules[f"{_NAME}.gate"].run = lambda: None  # type: ignore[attr-defined]
    _client().send("1")
    board.leave(cassette)
    assert cassette.heard == ["1"]


def test_one_that_comes_while_another_cassette_opens(library: Path) -> None:
    """A cassette that opens in the middle of the import waits for nobody, and hears what is called after it."""
    board, first, second = Switchboard(), Cassette("a"), Cassette("b")
    (library / "gate.py").write_text(
        "import threading\nbegun, go_on = threading.Event(), threading.Event()\n\n"
        "def run():\n    begun.set()\n    assert go_on.wait(10)\n",
        encoding="utf-8",
    )
    board.enter(first, [LateTap()])
    gate: Any = importlib.import_module(f"{_NAME}.gate")
    thread = threading.Thread(target=_client)
    thread.start()
    assert gate.begun.wait(10)
    board.leave(first)
    board.enter(second, [LateTap()])
    gate.go_on.set()
    thread.join(10)
    client = _client()
    client.send("1")
    board.leave(second)
    assert (first.heard, second.heard, client.send("2")) == ([], ["1"], None)


def test_two_modules_that_come_at_once(library: Path) -> None:
    """Two threads that import two modules of the library do not wait for each other for ever."""
    (library / "gate.py").write_text(
        "import threading\nboth = threading.Barrier(2)\n\ndef run():\n    both.wait(10)\n", encoding="utf-8"
    )
    board, cassette = Switchboard(), Cassette("a")
    board.enter(cassette, [LateTap()])
    threads = [threading.Thread(target=_client, args=(name,)) for name in ("client", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    _client().send("1")
    board.leave(cassette)
    assert cassette.heard == ["1"]


@pytest.mark.usefixtures("library")
def test_finders_that_another_thread_is_asking() -> None:
    """A cassette that closes in the middle of an import takes no finder from under it."""
    board, cassette, finders = Switchboard(), Cassette("a"), list(sys.meta_path)
    board.enter(cassette, [LateTap()])
    asking = iter(sys.meta_path)  # as an import does, which lets other threads run between two finders
    next(asking)
    board.leave(cassette)
    assert list(asking) == finders == sys.meta_path


def test_one_that_has_just_come_while_another_cassette_opens(library: Path) -> None:
    """A cassette that opens while the end of an import waits for it does not wait for that in its turn."""
    (library / "gate.py").write_text(
        "import threading\nended = threading.Event()\n\ndef run():\n    ended.set()\n", encoding="utf-8"
    )
    board, first, second = Switchboard(), Cassette("a"), Cassette("b")
    board.enter(first, [LateTap()])
    gate: Any = importlib.import_module(f"{_NAME}.gate")
    importing = threading.Thread(target=_client, daemon=True)

    class SlowTap:
        name, replaces, awaits, is_steady = "slow", (), (), True

        def patches(self, recorder: Recorder) -> tuple[Patch, ...]:
            del recorder  # it patches nothing
            importing.start()
            assert gate.ended.wait(10)
            importing.join(0.2)  # it comes as far as it can
            return ()

    threads = importing, threading.Thread(target=board.enter, args=(second, [SlowTap(), LateTap()]), daemon=True)
    threads[1].start()
    for thread in reversed(threads):
        thread.join(5)
    assert [thread.is_alive() for thread in threads] == [False, False]
    _client().send("1")
    board.leave(second)
    board.leave(first)
    assert first.heard + second.heard == ["1"]


def test_websockets_imported_under_a_cassette(tmp_path: Path) -> None:
    """A real client that is imported in the middle of a test asks the cassette, which nothing else had imported."""
    code = """
import sys, llmvcr
with llmvcr.use_cassette("none.yaml", record_mode="none"):
    assert "websockets" not in sys.modules
    from websockets.sync.client import connect
    try:
        connect("ws://127.0.0.1:9/x")
    except llmvcr.Miss as error:
        print(error.request.url)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "ws://127.0.0.1:9/x\n", done.stderr
