"""A marked test: its cassette named, opened with the options that hold for it, and looked at when it is closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pytest_recording import _vcr
from pytest_recording.plugin import get_default_cassette_name

from llmvcr import runs
from llmvcr.bridge import LlmCassette, Options, set_up
from llmvcr.errors import FaultError, StaleError
from llmvcr.pytest_plugin.merging import faults, merged

if TYPE_CHECKING:
    from llmvcr.reporting import Ending

__all__ = ["Marked"]


class Marked:
    """What all marked tests of a run have in common."""

    def __init__(self, config: pytest.Config, options: dict[str, Any], ending: Ending) -> None:
        """Take pytest's configuration, the options of every cassette, and who is told what became of each."""
        self._config, self._options, self._ending = config, options, ending
        self._format: str = config.getini("llmvcr_format")
        self._mode: str | None = config.getoption("llmvcr_mode")

    @cached_property
    def _defaults(self) -> Options:
        return Options(**self._options).checked()

    def set_up(self, vcr: Any) -> None:
        """Set up the VCR that pytest-recording has made for one test."""
        set_up(vcr, self._defaults)

    @contextmanager
    def playing(
        self, request: pytest.FixtureRequest, marks: list[pytest.Mark], folder: str, record_mode: str
    ) -> Iterator[LlmCassette]:
        """Have the cassette of a test open, from here to the end of the block."""
        asked = faults(request.node)
        config = request.getfixturevalue("vcr_config")
        options = merged(config, marks, self._mode, self._options, self._format)
        if "llmvcr_stale" in config and "llmvcr_stale" not in options:
            self._ending.idle.add("vcr_config:")
        allowed = _value(request, "allowed_hosts")
        if allowed and not any("allowed_hosts" in mark.kwargs for mark in marks):
            options["allowed_hosts"] = allowed
        if asked:
            from llmvcr.faults import checked  # noqa: PLC0415 - every provider comes with it

            options["llmvcr_faults"] = (*checked(options.get("llmvcr_faults", ())), *asked)
        if options.get("llmvcr_mode"):
            record_mode = "new_episodes"
        mode = options.get("record_mode", record_mode)
        name = _value(request, "default_cassette_name", runs.own_mark)
        cassette, older = _found(request.node, folder, name, f".{options.get('serializer', 'yaml')}", mode)
        # One mark says it all: what was merged here is not merged, nor copied, once more.
        mark: Any = SimpleNamespace(args=(*(path for mark in marks for path in mark.args), *older), kwargs=options)
        own = _is_own(request, name, folder)
        begun = time.perf_counter()
        opened: Any = None
        missed = 0
        try:
            with _vcr.use_cassette(cassette, folder, record_mode, [mark], {}, self._config) as opened:
                begun = time.perf_counter() - begun
                opened.life.part_of_run = True
                opened.life.takes_over = older
                opened.life.shared_by = "" if own else runs.told_apart(request.node.nodeid)
                runs.go_on(opened, request, once=mode == "once")
                yield opened
                missed = len(opened.missed)
                if told := self._config.pluginmanager.getplugin("llmvcr-rules"):
                    told.heard(*opened.rules())
        except (FaultError, StaleError) as error:
            pytest.fail(str(error), pytrace=False)
        finally:
            if opened is not None:
                self._ending.closed(opened, request.node, folder, own=own, missed=missed, seconds=begun)


def _value(request: pytest.FixtureRequest, name: str, mark: Callable[[Any, str], str] | None = None) -> Any:
    """Give what a fixture of pytest-recording's gives, with a `mark` of ours behind it where we override that fixture.

    Where nobody else does, and nobody asks for it by name, its function is called without the machinery of a fixture,
    which takes as long as opening a small cassette does.
    """
    manager = getattr(request.session, "_fixturemanager", None)  # which alone can tell, and is pytest's own affair
    known = manager and manager.getfixturedefs(name, request.node)
    if not known or len(known) != 1 + (mark is not None) or name in request.fixturenames:
        return request.getfixturevalue(name)
    if known[0].argnames != ("request",):  # in another version of pytest-recording
        return request.getfixturevalue(name)
    value: Any = known[0].func(request)
    return value if mark is None else value + mark(request.node, value)


def _found(node: pytest.Item, folder: str, name: str, suffix: str, mode: str) -> tuple[str, tuple[str, ...]]:
    """Give the name of a test's cassette, and the path of one that has the name it had before it got a mark."""
    short = runs.short(name, suffix, _vcr.MAX_FILENAME_LEN) if suffix != ".yaml" else name
    if mode == "rewrite":
        runs.begin_anew(Path(folder, f"{short}{suffix}"))
        return short, ()
    return short, runs.older(node, folder, name, suffix, _vcr.MAX_FILENAME_LEN)


def _is_own(request: pytest.FixtureRequest, name: str, folder: str) -> bool:
    """Say whether a cassette is the test's alone: it has the name and the folder that a test gets by itself."""
    kind = request.cls
    plain = get_default_cassette_name(kind, request.node.name)
    if name != plain + runs.own_mark(request.node, plain):
        return False
    # Of nested classes only the innermost stands in the name: another may have one that is called the same.
    if kind is not None and "." in kind.__qualname__:
        return False
    if request.node.get_closest_marker("default_cassette") is not None:
        return False
    usual = _usual(request.path)
    return folder == str(usual) or Path(folder) == usual


@lru_cache(maxsize=1024)
def _usual(module: Path) -> Path:
    """Give the folder of a module's cassettes, as pytest-recording has it; asked for each test of it."""
    return module.parent / "cassettes" / module.stem
