"""The end of a run: what all its tests did with their cassettes, joined over all workers, printed once."""

from __future__ import annotations

import contextlib
import functools
import os
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from llmvcr.lifecycle import Account, Use
    from llmvcr.prices import Prices
    from llmvcr.reporting.leftovers import Leftovers

__all__ = ["Ending"]

_HOOK = pluggy.HookimplMarker("pytest")  # pytest's own `hookimpl`
_OUTPUT = "llmvcr_ending"  # under which a worker of pytest-xdist tells its controller
_TESTS_FAILED = 1  # pytest.ExitCode
_CASSETTES = "cassettes"


class Ending:
    """The hooks that see a whole run, and what the cassettes of its tests tell them."""

    def __init__(self, config: Any, narrowed: set[str]) -> None:
        """Take pytest's configuration, with what was asked to be said; `narrowed` fills with why not all tests run."""
        said = config.getini("llmvcr_summary")
        self._sums = said == "on" or (said == "auto" and config.get_verbosity() > 0)
        self._unused: str | None = config.getoption("llmvcr_unused")
        self._account: Account | None = None
        self._uses: list[Use] = []
        self._opened: set[str] = set()  # real paths
        self._folders: set[str] = set()
        self._modules: set[str] = set()  # the folders where cassettes stand, as a rule, of every test that was chosen
        self._places: dict[str, str] = {}  # by marked test, that folder
        self._visited: set[str] = set()  # the marked tests that opened theirs
        self._unpassed: set[str] = set()
        self._spared: set[str] = set()
        self._narrowed = narrowed
        self._lines: list[str] = []
        self._forks = self._forks_before = 0
        self._prices: Prices | None = None
        self._watching = contextlib.ExitStack()
        # Of an option for many tests that needs another one it is seen in the end whether any of them has that.
        idle = config.getini("llmvcr_stale") != "warn" and not config.getini("llmvcr_max_age")
        self.idle = {"ini option"} if idle else set()
        """Where `llmvcr_stale` is named for many tests without an age, as the message has it."""
        self._aged: set[bool] = set()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=functools.partial(_tell_of_fork, weakref.ref(self)))

    def closed(self, opened: Any, node: Any, folder: str, *, own: bool, missed: int, seconds: float) -> None:
        """Take in what one test's cassette says, when it is closed; it had so many misses, and took so long to open."""
        self._aged.add(opened.has_age)
        if self._sums or opened.is_notable:
            self._count(opened, missed, seconds)
        if self._unused:
            self._visited.add(node.nodeid)
            self._folders.add(os.path.realpath(folder))
        if self._unused or opened.life.refreshes or not own or opened.reads_others:  # another test may refresh its file
            forked = self._forks != self._forks_before  # what a child plays its parent does not see
            uses = opened.life.uses(own=own)
            self._uses += (replace(use, judged=use.judged and not forked) for use in uses)

    def _count(self, opened: Any, missed: int, seconds: float) -> None:
        from llmvcr.bridge import account  # noqa: PLC0415 - vcr is imported by tests that use it

        if self._sums and self._prices is None:
            from llmvcr.prices import Prices  # noqa: PLC0415 - genai-prices comes with it

            self._prices = Prices()
        found = account(opened, missed=missed, seconds=seconds, prices=self._prices)
        self._account = found if self._account is None else self._account + found

    @_HOOK
    def pytest_sessionstart(self) -> None:
        """Begin to note which cassettes are opened, by whomever, where files may be removed."""
        if self._unused:
            from llmvcr.bridge import watched  # noqa: PLC0415 - vcr is imported where it is asked for

            self._watching.enter_context(watched(self._opened.add))

    @_HOOK
    def pytest_collection_finish(self, session: Any) -> None:
        """Note where the cassettes of the marked tests stand, as a rule, should one not come to open its own."""
        if not self._unused:
            return
        for item in session.items:
            self._modules.add(str(_place(item.path)))
            if item.get_closest_marker("vcr") is not None:
                self._places[item.nodeid] = str(_place(item.path))

    @_HOOK
    def pytest_collectreport(self, report: Any) -> None:
        """Note the files that were skipped as a whole."""
        if report.skipped:
            self._spared.add(report.nodeid)

    @_HOOK(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Note how often this process has forked before a test."""
        self._forks_before = self._forks

    def count_fork(self) -> None:
        """Count that this process forks."""
        self._forks += 1

    @_HOOK
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note the tests that did not pass: those without a mark may not have come to open what they open."""
        if not report.passed:
            self._unpassed.add(report.nodeid)

    @_HOOK(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over what a worker of pytest-xdist tells."""
        told = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if error:
            self._narrowed.add("a worker of pytest-xdist did not come to its end")
        if error or told is None:  # it had no marked test
            return
        from llmvcr.lifecycle import Account, Use  # noqa: PLC0415 - storage and yaml come with it

        if told["account"] is not None:
            account = Account.of_json(told["account"])
            self._account = account if self._account is None else self._account + account
        self._uses += [Use(path, Counter(unused), *rest) for path, unused, *rest in told["uses"]]
        for mine, theirs in ((self._opened, "opened"), (self._folders, "folders"), (self._visited, "visited")):
            mine.update(told[theirs])
        self._spared.update(told["spared"])
        self._modules.update(told["modules"])
        self._narrowed.update(told["narrowed"])
        self._aged.update(told["aged"])
        self.idle.update(told["idle"])
        self._places.update(told["places"])

    @_HOOK
    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        """Tell the controller of pytest-xdist; or, where there is none, do what was asked with what is left."""
        self._watching.close()
        config = session.config
        if hasattr(config, "workeroutput"):
            config.workeroutput[_OUTPUT] = self._told()
            return
        renewed = any(use.renewed for use in self._uses)
        if not self._unused and not renewed:
            return
        from llmvcr.reporting.leftovers import leftovers, refreshed  # noqa: PLC0415 - few runs have any
        from llmvcr.reporting.wholeness import asked_for, ended  # noqa: PLC0415 - as above

        reasons = sorted({*asked_for(config), *ended(session, exitstatus), *self._narrowed})
        if renewed:
            self._lines += refreshed(self._uses, whole=not reasons)
        if not self._unused:
            return
        if reasons:
            self._lines.append(f"unused recordings are not looked for: {'; '.join(reasons)}")
            return
        found = leftovers(self._uses, self._opened, self._folders, set(self._never_opened(config.rootpath)))
        self._lines += self._acted(found)
        if found and self._unused == "fail" and int(exitstatus) == 0:
            session.exitstatus = _TESTS_FAILED

    @_HOOK
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what there is to say, under one headline."""
        lines = [*self._facts(), *self._lines]
        if self._sums and self._account is not None:
            from llmvcr.reporting.summary import summary  # noqa: PLC0415 - printed where it is asked for

            lines += summary(self._account)
        if not lines:
            return
        terminalreporter.section("llmvcr")
        for line in lines:
            terminalreporter.line(line)

    def _acted(self, found: Leftovers) -> Iterator[str]:
        if not found:
            yield "no recording is left that no test plays"
        elif self._unused == "prune":
            from llmvcr.reporting.leftovers import pruned  # noqa: PLC0415 - few runs have any

            yield from pruned(found)
        else:
            yield from found.told()
            if self._unused == "fail":
                yield "the run fails, since recordings are left over (--llmvcr-unused=fail); =prune removes them"

    def _facts(self) -> Iterator[str]:
        if self._aged == {False}:
            for place in sorted(self.idle):
                yield f"{place} llmvcr_stale: of no effect without llmvcr_max_age, which no test of this run has"
        account = self._account
        if account is None:
            return
        from llmvcr.reporting.leftovers import shown  # noqa: PLC0415 - a run without cassettes has nothing to show
        from llmvcr.reporting.summary import named  # noqa: PLC0415 - as above

        for cassette, count in sorted(account.recovered):
            many = f"{count} interaction{'' if count == 1 else 's'}"
            yield f"{shown(cassette)}: {many} recovered from a run that was cut short"
        for cassette, lines in account.changed:
            yield f"{shown(cassette)}: answers have changed since they were recorded"
            yield from (f"  {line}" for line in lines)
        if account.verified and not account.changed:
            yield f"{account.verified:,} answers are what they were when they were recorded"
        for cassette, count, place in dict.fromkeys(account.aside):
            if not Path(place).exists():  # a second try has passed, and recorded it all
                continue
            many = f"{count} interaction{'' if count == 1 else 's'} of a test that failed"
            yield f"{shown(cassette)}: {many} are not in it, but kept in {shown(place)}"
        if account.undated:
            paths = tuple(sorted(account.undated))
            yield f"llmvcr_max_age says nothing of cassettes without the time of their recording: {named(paths)}"

    def _never_opened(self, root: Path) -> Iterable[str]:
        """Give the folders where cassettes stand of marked tests that never opened them, as far as that is known."""
        lost = {place for test, place in self._places.items() if test not in self._visited}
        yield from lost
        unmarked = {one.partition("::")[0] for one in self._unpassed.difference(self._places)}
        yield from (str(_place(Path(root, one))) for one in {*self._spared, *unmarked})
        for cassettes in {Path(folder).parent for folder in self._folders if Path(folder).parent.name == _CASSETTES}:
            for module in cassettes.parent.glob("*.py"):  # one that a conftest has left out, say
                if (place := str(cassettes / module.stem)) not in self._modules:
                    yield place
        if lost:  # a folder of the user's own naming may be theirs
            yield from (folder for folder in self._folders if Path(folder).parent.name != _CASSETTES)

    def _told(self) -> dict[str, Any]:
        return {
            "account": None if self._account is None else self._account.as_json(),
            "uses": [[one.path, dict(one.unused), one.judged, one.own, one.renewed] for one in self._uses],
            "opened": sorted(self._opened),
            "folders": sorted(self._folders),
            "visited": sorted(self._visited),
            "places": self._places,
            "spared": sorted(self._spared),
            "modules": sorted(self._modules),
            "narrowed": sorted(self._narrowed),
            "aged": sorted(self._aged),
            "idle": sorted(self.idle),
        }


def _tell_of_fork(whom: weakref.ref[Ending]) -> None:  # what is registered for forks stays, whatever ends
    if (ending := whom()) is not None:
        ending.count_fork()


@functools.lru_cache(maxsize=1024)
def _place(module: Path) -> Path:
    # Asked for each test of a module; where a module stands does not change while it runs.
    return Path(os.path.realpath(module)).parent / _CASSETTES / module.stem
