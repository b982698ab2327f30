"""The pytest plugin: pytest-recording with llmvcr inside, for tests that are marked with `vcr`.

`import llmvcr` and this module stay light: what a marked test needs is imported when the first one starts, and what is
said at the end when there is something to say.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from llmvcr import ini
from llmvcr.errors import OptionError
from llmvcr.ini import INI_OPTIONS
from llmvcr.pytest_plugin.importing import Plain, uncollected

if TYPE_CHECKING:
    from llmvcr.bridge import LlmCassette
    from llmvcr.pytest_plugin.marked import Marked
    from llmvcr.reporting import Ending

__all__ = ["INI_OPTIONS", "Recording", "pytest_addoption", "pytest_configure", "pytest_runtest_setup"]


def __dir__() -> list[str]:
    """Name what pytest has to look at in its search for hooks and fixtures; each name more costs every run."""
    return __all__


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
    if config.getoption("llmvcr_unused_rules") or _is_on(config, "llmvcr_unused_rules"):
        from llmvcr.reporting.rules import Rules  # noqa: PLC0415 - few runs ask

        config.pluginmanager.register(Rules(rules), "llmvcr-rules")
    sys.meta_path.insert(0, finder := Plain())
    config.add_cleanup(finder.leave)
    recording = Recording(config, options)
    config.pluginmanager.register(recording, "llmvcr-recording")
    if config.getoption("llmvcr_unused") or config.getoption("dist", "no") != "no":  # workers will tell of theirs
        recording.ending()


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
    """The hooks and fixtures that take part while llmvcr is on.

    A run that plays no cassette pays for this class alone: each hook of a plugin costs it something, and so does each
    module. So the end of a run is looked after by a plugin that comes with the first marked test.
    """

    def __init__(self, config: pytest.Config, options: dict[str, Any]) -> None:
        """Take the options of every cassette."""
        self._config, self._options = config, options
        self._swallowed: str = config.getini("llmvcr_swallowed")
        self._collected = 0
        self._made: Marked | None = None
        self._narrowed: set[str] = set()

    def __dir__(self) -> list[str]:
        """Name the hooks and fixtures, as the module does."""
        return [name for name in vars(Recording) if not name.startswith("_")]

    def _marked(self) -> Marked:  # no property: older versions of pytest get each that they see
        if self._made is None:
            with uncollected():
                # vcr is imported by tests that use it, and by our own room first, which leaves out what it can.
                import llmvcr.bridge  # noqa: F401, PLC0415
                from llmvcr.pytest_plugin.marked import Marked  # noqa: PLC0415

            self._made = Marked(self._config, self._options, self.ending())
        return self._made

    def ending(self) -> Ending:
        """Give what looks after the end of the run, from now on."""
        found: Ending | None = self._config.pluginmanager.getplugin("llmvcr-ending")
        if found is None:
            from llmvcr.reporting import Ending  # noqa: PLC0415 - a run without cassettes has no end to look after

            found = Ending(self._config, self._narrowed)
            self._config.pluginmanager.register(found, "llmvcr-ending")
        return found

    @pytest.hookimpl
    def pytest_itemcollected(self) -> None:
        """Count the tests, before plugins choose among them."""
        self._collected += 1

    @pytest.hookimpl
    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note that tests were left out: a plugin may have put others in their places."""
        if items:
            self._narrowed.add("tests were deselected")

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note the files whose tests nobody knows."""
        if report.failed:
            self._narrowed.add(f"{report.nodeid or 'a file'} could not be collected")

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note whether tests were left out, also by plugins that say nothing of it."""
        if len(session.items) < self._collected:
            self._narrowed.add("tests were deselected")

    @pytest.hookimpl(optionalhook=True)
    def pytest_recording_configure(self, vcr: Any) -> None:
        """Set up the VCR that pytest-recording has made for one test."""
        self._marked().set_up(vcr)

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
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Have all fixtures of a test end, its cassette among them, also where a miss ends one: pytest leaves the rest.

        (It goes on after an Exception alone, and the next test would get the cassette of this one.)
        """
        try:
            return (yield)
        except (Exception, KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException:
            request: Any = getattr(item, "_request", None)  # what was set up is pytest's own affair
            with contextlib.ExitStack() as stack:
                for one in getattr(request, "_fixture_defs", {}).values():
                    if one.scope == "function":
                        stack.callback(one.finish, request)
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Remember that a test did not come to its end, and whether it failed by that; show what it missed."""
        opened = getattr(item, "funcargs", {}).get("vcr")
        missed = call.when == "call" and bool(getattr(opened, "missed", None))
        if not missed and (call.excinfo is None or "llmvcr.bridge" not in sys.modules):  # no cassette was ever opened
            report = yield
            self._remember(item, call, report)
            return report
        from llmvcr.reporting import misses  # noqa: PLC0415 - only there something can be missed

        plain, found = call.excinfo, misses.looked_for(item, call)
        try:
            report = yield
        finally:
            call.excinfo = plain
        self._remember(item, call, report)
        misses.shown(item, call, report, found, self._swallowed)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Have what was missed in colour on a terminal, also where a worker of pytest-xdist has made the report."""
        if getattr(report.longrepr, "sections", None):
            from llmvcr.reporting import misses  # noqa: PLC0415 - few reports have sections

            misses.colour(report.longrepr)

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
    ) -> Iterator[LlmCassette | None]:
        """Install a cassette if the test is marked with `pytest.mark.vcr`."""
        if disable_recording and request.node.get_closest_marker("llm_fault") is not None:
            pytest.skip("llm_fault needs a cassette, and recording is disabled")
        if disable_recording or not vcr_markers:
            yield None
            return
        stash = request.node.stash
        with self._marked().playing(request, vcr_markers, vcr_cassette_dir, record_mode) as opened:
            yield opened
            opened.failed = stash.get(_CUT_SHORT, False)
            opened.life.drops = stash.get(_FAILED, False)

    @staticmethod
    def _remember(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Keep what became of a test for its fixtures, which are not told."""
        if call.excinfo is not None:
            item.stash[_CUT_SHORT] = True
        if report.failed:  # as it was not if it was skipped, or expected to fail
            item.stash[_FAILED] = True
