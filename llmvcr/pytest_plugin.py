"""The pytest plugin: pytest-recording with llmvcr inside, for tests that are marked with `vcr`.

`import llmvcr` and this module stay light: vcr, the SDKs and HTTP libraries are imported when a marked test starts.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from llmvcr.errors import OptionError

if TYPE_CHECKING:
    from llmvcr.bridge import LlmCassette

__all__ = ["INI_OPTIONS", "Recording", "pytest_addoption", "pytest_configure"]

INI_OPTIONS: dict[str, tuple[str, object, str]] = {
    "llmvcr": ("bool", True, "off leaves pytest-recording as it is without llmvcr"),
    "llmvcr_format": ("string", "yaml", "format of new cassettes where no serializer is named: yaml or json"),
    "llmvcr_miss": ("string", "abort", "what a missing recording of an LLM call does: abort or raise"),
    "llmvcr_match": ("string", "llm", "presets of what is compared: llm, llm_strict or llm_echo, and llm_uuid"),
    "llmvcr_ignore": ("linelist", (), "paths of requests that are not compared, one a line"),
    "llmvcr_ids": ("linelist", (), "paths of requests where ids stand that differ from run to run, one a line"),
    "llmvcr_patterns": ("linelist", (), "PATH = REGEX, one a line: what of the text at a path is not compared"),
    "llmvcr_unused_rules": ("bool", False, "name the rules of yours that found nothing in the whole run"),
}
"""Every ini option: its type, its default, its help."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options, and the one of the command line."""
    group = parser.getgroup("llmvcr")
    group.addoption(
        "--llmvcr-unused-rules", action="store_true", help="name the rules of yours that found nothing in the whole run"
    )
    for name, (kind, default, text) in INI_OPTIONS.items():
        parser.addini(name, text, type=kind, default=default)  # type: ignore[arg-type]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Add the fixtures once all plugins are there, so that they stand before pytest-recording's of the same name."""
    for name in config._get_unknown_ini_keys():  # noqa: SLF001 - pytest 9.2 deprecates `inicfg`, with nothing in its place
        if name.startswith("llmvcr"):
            message = f"there is no ini option {name!r}; llmvcr knows {', '.join(INI_OPTIONS)}"
            raise pytest.UsageError(message)
    for name, values in (("llmvcr_format", ("yaml", "json")), ("llmvcr_miss", ("abort", "raise"))):
        if config.getini(name) not in values:
            message = f"ini option {name} is {' or '.join(values)}, not {config.getini(name)!r}"
            raise pytest.UsageError(message)
    on = _is_on(config, "llmvcr")
    if on and config.pluginmanager.hasplugin("recording"):
        config.pluginmanager.register(Recording(config), "llmvcr-recording")


def _is_on(config: pytest.Config, name: str) -> bool:
    try:
        return bool(config.getini(name))
    except (ValueError, pytest.UsageError) as error:  # the latter since pytest 9.2
        message = f"ini option {name} is on or off, not {str(error).rpartition(' ')[2]}"
        raise pytest.UsageError(message) from None


class Recording:
    """The hooks and fixtures that take part while llmvcr is on."""

    def __init__(self, config: pytest.Config) -> None:
        self._format: str = config.getini("llmvcr_format")
        rules = _rules(config)
        self._options = {"llmvcr_miss": config.getini("llmvcr_miss"), **rules}
        self._tells_unused = config.getoption("llmvcr_unused_rules") or _is_on(config, "llmvcr_unused_rules")
        self._rules: set[str] = set()  # as people read them: those in force in any test
        self._applied: set[str] = set()
        if rules:
            from llmvcr.rulesets import ruleset  # noqa: PLC0415 - every provider comes with it

            try:
                named = ruleset(**{name.removeprefix("llmvcr_"): value for name, value in rules.items()})
                self._rules.update(named.labels)
            except OptionError as error:
                message = f"ini option {error}"
                raise pytest.UsageError(message) from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_recording_configure(self, vcr: Any) -> None:
        """Set up the VCR that pytest-recording has made for one test."""
        from llmvcr.bridge import register  # noqa: PLC0415 - vcr is imported by tests that use it

        register(vcr, **self._options)

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
        if disable_recording or not vcr_markers:
            yield None
            return
        from pytest_recording import _vcr  # noqa: PLC0415 - it imports vcr

        merged = self._merged(request.getfixturevalue("vcr_config"), vcr_markers)
        # One mark says it all: what was merged here is not merged, nor copied, once more.
        mark = SimpleNamespace(args=tuple(path for mark in vcr_markers for path in mark.args), kwargs=merged)
        cassette = request.getfixturevalue("default_cassette_name")
        if "serializer" in merged:
            cassette = _short(cassette, f".{merged['serializer']}", _vcr.MAX_FILENAME_LEN)
        with _vcr.use_cassette(cassette, vcr_cassette_dir, record_mode, [mark], {}, pytestconfig) as opened:  # type: ignore[list-item]
            yield opened
            if self._tells_unused:
                named, applied = opened.rules()
                self._rules.update(named)
                self._applied.update(applied)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist says of its rules."""
        named, applied = getattr(node, "workeroutput", {}).get("llmvcr_rules", ((), ()))
        self._rules.update(named)
        self._applied.update(applied)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the controller of pytest-xdist of this worker's rules."""
        if self._tells_unused and hasattr(session.config, "workeroutput"):
            session.config.workeroutput["llmvcr_rules"] = sorted(self._rules), sorted(self._applied)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the rules that found nothing, where that was asked for."""
        if not self._tells_unused or not self._rules:
            return
        terminalreporter.section("rules of llmvcr that found nothing")
        for rule in sorted(self._rules - self._applied) or [f"none of {len(self._rules)}"]:
            terminalreporter.line(rule)

    def _merged(self, config: dict[str, Any], marks: list[pytest.Mark]) -> dict[str, Any]:
        """Merge ini, `vcr_config` and marks, the nearest mark last; refuses unknown options by name."""
        from llmvcr.bridge import check_options  # noqa: PLC0415

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
        if merged.get("serializer") == "vcr_json":
            # pytest-recording makes the serializer's name the file's suffix, and vcrpy's JSON ends in .json too.
            merged |= {"serializer": "json", "llmvcr_dialect": "vcr_json"}
        return merged


def _rules(config: pytest.Config) -> dict[str, Any]:
    """Give the rules that stand in the ini file, as the options of a cassette."""
    named = {name: config.getini(name) for name in ("llmvcr_match", "llmvcr_ignore", "llmvcr_ids", "llmvcr_patterns")}
    found = {name: value for name, value in named.items() if value and value != INI_OPTIONS[name][1]}
    if "llmvcr_patterns" in found:
        patterns: dict[str, list[str]] = {}
        found["llmvcr_patterns"] = patterns
        for line in named["llmvcr_patterns"]:
            path, equals, regex = line.partition(" = ")
            if not equals:
                message = f"ini option llmvcr_patterns: {line!r} is not of the form PATH = REGEX"
                raise pytest.UsageError(message)
            patterns.setdefault(path.strip(), []).append(regex.strip())
    return found


def _short(name: str, suffix: str, limit: int) -> str:
    """Shorten a name as pytest-recording does, which counts the suffix of a named serializer without its dot."""
    if len(name) + len(suffix) <= limit:
        return name
    mark = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: limit - len(suffix) - len(mark) - 3]}...{mark}"
