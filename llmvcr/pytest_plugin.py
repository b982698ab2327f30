"""The pytest plugin: pytest-recording with llmvcr inside, for tests that are marked with `vcr`.

`import llmvcr` and this module stay light: vcr, the SDKs and HTTP libraries are imported when a marked test starts.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from llmvcr import ini
from llmvcr.errors import FaultError, OptionError, StaleError
from llmvcr.ini import INI_OPTIONS
from llmvcr.reporting import Ending, Misses

if TYPE_CHECKING:
    from llmvcr.bridge import LlmCassette
    from llmvcr.faults import Fault

__all__ = ["INI_OPTIONS", "Recording", "pytest_addoption", "pytest_configure", "pytest_runtest_setup"]

_CUT_SHORT = pytest.StashKey[bool]()
_FAILED = pytest.StashKey[bool]()


_FAULT_MARK = (
    "llm_fault(status=, retry_after=, refuse=, timeout=, dns=, malformed=, split=, cut_after=, stall_after=, ...): "
    "what goes wrong with a call of the cassette, see llmvcr.Fault"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options, and the one of the command line."""
    group = parser.getgroup("llmvcr")
    group.addoption(
        "--llmvcr-unused-rules", action="store_true", help="name the rules of yours that found nothing in the whole run"
    )
    group.addoption(
        "--llmvcr-unused",
        choices=("report", "fail", "prune"),
        help="what becomes of recordings that no test of the whole suite plays: reported, the run fails, or removed",
    )
    group.addoption(
        "--llmvcr-mode",
        choices=("refresh", "verify"),
        help="refresh: record what no longer matches, and drop what is not played; "
        "verify: send every call, and say what the answers have changed in; instead of --record-mode",
    )
    for name, (kind, default, text) in INI_OPTIONS.items():
        parser.addini(name, text, type=kind, default=default)  # type: ignore[arg-type]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Add the fixtures once all plugins are there, so that they stand before pytest-recording's of the same name."""
    config.addinivalue_line("markers", _FAULT_MARK)
    try:
        ini.check(config)
        options, rules = ini.options(config), ini.rules(config)
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
    on = _is_on(config, "llmvcr") and config.pluginmanager.hasplugin("recording")
    asked = [f"--{name.replace('_', '-')}" for name in ("llmvcr_mode", "llmvcr_unused") if config.getoption(name)]
    if asked and not on:
        message = f"{asked[0]} needs llmvcr and pytest-recording, one of which is off"
        raise pytest.UsageError(message)
    if not on:
        return
    if config.getoption("llmvcr_mode") and not hasattr(config, "workerinput"):
        if config.getoption("record_mode"):
            message = "--llmvcr-mode stands in the place of --record-mode: give one of the two"
            raise pytest.UsageError(message)
        config.option.record_mode = "new_episodes"  # for pytest-recording, which blocks the network under none
    ending = Ending(config)
    if config.getoption("llmvcr_unused_rules") or _is_on(config, "llmvcr_unused_rules"):
        from llmvcr.reporting.rules import Rules  # noqa: PLC0415 - few runs ask

        config.pluginmanager.register(Rules(rules), "llmvcr-rules")
    config.pluginmanager.register(Recording(config, options, ending), "llmvcr-recording")
    config.pluginmanager.register(ending, "llmvcr-ending")
    config.pluginmanager.register(Misses(config.getini("llmvcr_swallowed")), "llmvcr-misses")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a test whose faults could not happen, since it has no cassette of ours."""
    if item.get_closest_marker("llm_fault") is None:
        return
    if not item.config.pluginmanager.hasplugin("llmvcr-recording"):
        message = "pytest.mark.llm_fault needs llmvcr, which is off (ini option llmvcr)"
        raise pytest.UsageError(message)
    if item.get_closest_marker("vcr") is None:
        message = (
            "pytest.mark.llm_fault needs pytest.mark.vcr beside it: a fault is made from what the cassette holds "
            "(in a cassette that the test opens itself: use_cassette(..., llmvcr_faults=[llmvcr.Fault(...)]))"
        )
        raise pytest.UsageError(message)


def _is_on(config: pytest.Config, name: str) -> bool:
    try:
        return bool(config.getini(name))
    except (ValueError, pytest.UsageError) as error:  # the latter since pytest 9.2
        message = f"ini option {name} is on or off, not {str(error).rpartition(' ')[2]}"
        raise pytest.UsageError(message) from None


class Recording:
    """The hooks and fixtures that take part while llmvcr is on."""

    def __init__(self, config: pytest.Config, options: dict[str, Any], ending: Ending) -> None:
        """Take the options of every cassette, and who is told what became of each."""
        self._format: str = config.getini("llmvcr_format")
        self._mode: str | None = config.getoption("llmvcr_mode")
        self._options, self._ending = options, ending

    @pytest.hookimpl(optionalhook=True)
    def pytest_recording_configure(self, vcr: Any) -> None:
        """Set up the VCR that pytest-recording has made for one test."""
        from llmvcr.bridge import register  # noqa: PLC0415 - vcr is imported by tests that use it

        register(vcr, **self._options)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin anew: a test that has failed may be run again."""
        item.stash[_CUT_SHORT] = item.stash[_FAILED] = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Remember that a test was interrupted, of which there is no report."""
        try:
            return (yield)
        except (KeyboardInterrupt, pytest.exit.Exception):
            item.stash[_CUT_SHORT] = item.stash[_FAILED] = True
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Remember that a test did not come to its end, and whether it failed by that: fixtures are not told."""
        report: Any = yield
        if call.excinfo is not None:
            item.stash[_CUT_SHORT] = True
        if report.failed:  # as it was not if it was skipped, or expected to fail
            item.stash[_FAILED] = True
        return report

    @pytest.fixture
    def default_cassette_name(self, request: pytest.FixtureRequest, default_cassette_name: str) -> str:
        """Name the cassette as pytest-recording does; where that joins several tests, each gets a mark of its own."""
        from llmvcr import runs  # noqa: PLC0415 - storage comes with it

        return default_cassette_name + runs.own_mark(request.node, default_cassette_name)

    @pytest.fixture(autouse=True)
    def vcr(
        self,
        request: pytest.FixtureRequest,
        vcr_markers: list[pytest.Mark],
        vcr_cassette_dir: str,
        record_mode: str,
        disable_recording: bool,  # noqa: FBT001 - a fixture of pytest-recording's
        pytestconfig: pytest.Config,
    ) -> Iterator[LlmCassette | None]:
        """Install a cassette if the test is marked with `pytest.mark.vcr`."""
        faults = _faults(request.node)
        if faults and disable_recording:
            pytest.skip("llm_fault needs a cassette, and recording is disabled")
        if disable_recording or not vcr_markers:
            yield None
            return
        from pytest_recording import _vcr  # noqa: PLC0415 - it imports vcr

        from llmvcr import runs  # noqa: PLC0415 - storage comes with it

        merged = self._merged(request.getfixturevalue("vcr_config"), vcr_markers)
        allowed = request.getfixturevalue("allowed_hosts")
        if allowed and not any("allowed_hosts" in mark.kwargs for mark in vcr_markers):
            merged["allowed_hosts"] = allowed
        if faults:
            from llmvcr.faults import checked  # noqa: PLC0415 - every provider comes with it

            merged["llmvcr_faults"] = (*checked(merged.get("llmvcr_faults", ())), *faults)
        if merged.get("llmvcr_mode"):
            record_mode = "new_episodes"
        mode = merged.get("record_mode", record_mode)
        cassette, older = _named(request, Path(vcr_cassette_dir), f".{merged.get('serializer', 'yaml')}", mode)
        # One mark says it all: what was merged here is not merged, nor copied, once more.
        mark = SimpleNamespace(args=(*(path for mark in vcr_markers for path in mark.args), *older), kwargs=merged)
        own = _is_own(request, vcr_cassette_dir)
        begun = time.perf_counter()
        opened: Any = None
        missed = 0
        try:
            with _vcr.use_cassette(cassette, vcr_cassette_dir, record_mode, [mark], {}, pytestconfig) as opened:  # type: ignore[list-item]
                begun = time.perf_counter() - begun
                opened.life.part_of_run = True
                opened.life.shared_by = "" if own else runs.told_apart(request.node.nodeid)
                runs.go_on(opened, request, once=mode == "once")
                yield opened
                opened.failed = request.node.stash.get(_CUT_SHORT, False)
                opened.life.drops = request.node.stash.get(_FAILED, False)
                missed = len(opened.missed)
                if told := pytestconfig.pluginmanager.getplugin("llmvcr-rules"):
                    told.heard(*opened.rules())
        except (FaultError, StaleError) as error:
            pytest.fail(str(error), pytrace=False)
        finally:
            if opened is not None:
                from llmvcr.bridge import account  # noqa: PLC0415 - vcr is there by now

                counted = account(opened, missed=missed, seconds=begun, prices=self._ending.prices)
                self._ending.closed(opened, request.node, vcr_cassette_dir, own=own, account=counted)

    def _merged(self, config: dict[str, Any], marks: list[pytest.Mark]) -> dict[str, Any]:
        """Merge ini, `vcr_config` and marks, the nearest mark last; refuses unknown options by name."""
        from llmvcr.bridge import check_options, without_idle_rules  # noqa: PLC0415

        # yaml is what pytest-recording takes for no serializer; named, it would shorten long names by one letter less.
        merged: dict[str, Any] = {"serializer": self._format} if self._format != "yaml" else {}
        try:
            check_options(config, where="vcr_config")
            merged |= copy.deepcopy(config)  # as pytest-recording does: a test may change what it was given
            for mark in reversed(marks):
                check_options(mark.kwargs, where="pytest.mark.vcr")
                merged |= mark.kwargs
        except OptionError as error:
            raise pytest.UsageError(str(error)) from None
        _enter_mode(merged, marks, self._mode)
        merged = without_idle_rules(merged, where="pytest.mark.vcr and vcr_config together")
        if merged.get("serializer") == "vcr_json":
            # pytest-recording makes the serializer's name the file's suffix, and vcrpy's JSON ends in .json too.
            merged |= {"serializer": "json", "llmvcr_dialect": "vcr_json"}
        return merged


def _named(request: pytest.FixtureRequest, folder: Path, suffix: str, mode: str) -> tuple[str, tuple[str, ...]]:
    """Give the name of a test's cassette, and the path of one that has the name it had before it got a mark."""
    from pytest_recording import _vcr  # noqa: PLC0415 - it imports vcr

    from llmvcr import runs  # noqa: PLC0415 - storage comes with it

    name = request.getfixturevalue("default_cassette_name")
    short = runs.short(name, suffix, _vcr.MAX_FILENAME_LEN) if suffix != ".yaml" else name
    if mode == "rewrite":
        runs.begin_anew(folder / f"{short}{suffix}")
        return short, ()
    return short, runs.older(request.node, folder, name, suffix, _vcr.MAX_FILENAME_LEN)


def _enter_mode(merged: dict[str, Any], marks: list[pytest.Mark], asked: str | None) -> None:
    """Have a record mode of ours in the place of pytest-recording's; what a mark says comes before the command line."""
    said = {name for mark in marks for name in ("llmvcr_mode", "record_mode") if name in mark.kwargs}
    if len(said) == 2:
        message = "pytest.mark.vcr: llmvcr_mode stands in the place of record_mode: give one of the two"
        raise pytest.UsageError(message)
    if asked and not said:
        merged["llmvcr_mode"] = asked
    if merged.get("llmvcr_mode"):
        merged.pop("llmvcr_mode" if "record_mode" in said else "record_mode", None)


def _is_own(request: pytest.FixtureRequest, folder: str) -> bool:
    """Say whether a cassette is the test's alone: it has the name and the folder that a test gets by itself."""
    from pytest_recording.plugin import get_default_cassette_name  # noqa: PLC0415 - as the rest of it

    from llmvcr import runs  # noqa: PLC0415 - storage comes with it

    plain = get_default_cassette_name(request.cls, request.node.name)
    name = plain + runs.own_mark(request.node, plain)
    alone = request.getfixturevalue("default_cassette_name") == name
    # Of nested classes only the innermost stands in the name: another may have one that is called the same.
    nested = request.cls is not None and "." in request.cls.__qualname__
    marked = request.node.get_closest_marker("default_cassette") is not None
    return alone and not nested and not marked and Path(folder) == request.path.parent / "cassettes" / request.path.stem


def _faults(node: pytest.Item) -> list[Fault]:
    """Give the faults that marks ask for: those of module and class first, then the test's own, from the top down."""
    marks: list[pytest.Mark] = []
    for above in node.listchain():
        own = [mark for mark in above.own_markers if mark.name == "llm_fault"]
        # Decorators are applied from the bottom up; a module's `pytestmark` is a list that reads as it stands.
        marks += own if isinstance(above, pytest.Module) else reversed(own)
    if not marks:
        return []
    from llmvcr.faults import from_mark  # noqa: PLC0415 - every provider comes with it

    try:
        return [from_mark(mark.args, mark.kwargs) for mark in marks]
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
