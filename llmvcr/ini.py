"""The ini options: their names, values and defaults, and what they say to every cassette."""

from __future__ import annotations

import re
from typing import Any

from llmvcr.errors import OptionError

__all__ = ["INI_OPTIONS", "check", "options", "rules"]

INI_OPTIONS: dict[str, tuple[str, object, str]] = {
    "llmvcr": ("bool", True, "off leaves pytest-recording as it is without llmvcr"),
    "llmvcr_format": ("string", "yaml", "format of new cassettes where no serializer is named: yaml or json"),
    "llmvcr_miss": ("string", "abort", "what a missing recording of an LLM call does: abort or raise"),
    "llmvcr_swallowed": ("string", "auto", "a test that passes though it swallowed a miss: auto, fail or ignore"),
    "llmvcr_timing": ("string", "none", "the pace of a replay: none, recorded, or a factor of the recorded one"),
    "llmvcr_keep": ("string", "times", "what is kept of a stream: bytes, boundaries of chunks too, or times too"),
    "llmvcr_compressed": ("string", "unpack", "what is recorded of a compressed LLM answer: unpack it, or keep it so"),
    "llmvcr_block_network": ("string", "cassette", "what does not reach the network under none: cassette, all or off"),
    "llmvcr_redact": ("linelist", (), "more secrets to take out of recordings: names, one a line; or off"),
    "llmvcr_leaks": ("string", "fail", "what a secret does that is left in a recording: fail, warn or off"),
    "llmvcr_match": ("string", "llm", "presets of what is compared: llm, llm_strict or llm_echo, and llm_uuid"),
    "llmvcr_ignore": ("linelist", (), "paths of requests that are not compared, one a line"),
    "llmvcr_ids": ("linelist", (), "paths of requests where ids stand that differ from run to run, one a line"),
    "llmvcr_patterns": ("linelist", (), "PATH = REGEX, one a line: what of the text at a path is not compared"),
    "llmvcr_max_age": ("string", "", "how old a recording may be: 12h, 30d, 8w"),
    "llmvcr_stale": ("string", "warn", "what a recording does that is older: warn, fail or record"),
    "llmvcr_failed": ("string", "keep", "whether a cassette takes in what a failed test recorded: keep or drop"),
    "llmvcr_side_traffic": ("string", "ignore", "telemetry and downloads of libraries: ignore, record or block"),
    "llmvcr_normalize": ("string", "off", "what of recordings is written alike in every run: off, ids, times or on"),
    "llmvcr_summary": ("string", "auto", "the summary of a run: auto (with -v), on or off"),
    "llmvcr_unused_rules": ("bool", False, "name the rules of yours that found nothing in the whole run"),
}
"""Every ini option: its type, its default, its help."""

_CHOICES = {
    "llmvcr_format": ("yaml", "json"),
    "llmvcr_miss": ("abort", "raise"),
    "llmvcr_swallowed": ("auto", "fail", "ignore"),
    "llmvcr_keep": ("bytes", "boundaries", "times"),
    "llmvcr_compressed": ("unpack", "keep"),
    "llmvcr_leaks": ("fail", "warn", "off"),
    "llmvcr_block_network": ("cassette", "all", "off"),
    "llmvcr_stale": ("warn", "fail", "record"),
    "llmvcr_failed": ("keep", "drop"),
    "llmvcr_side_traffic": ("ignore", "record", "block"),
    "llmvcr_normalize": ("off", "ids", "times", "on"),
    "llmvcr_summary": ("auto", "on", "off"),
}

_PASSED = (
    *("llmvcr_miss", "llmvcr_timing", "llmvcr_keep", "llmvcr_compressed", "llmvcr_leaks", "llmvcr_block_network"),
    *("llmvcr_max_age", "llmvcr_stale", "llmvcr_failed", "llmvcr_side_traffic"),
    "llmvcr_normalize",
)
"""Those that a cassette takes under the same name, with the same values."""


def check(config: Any) -> None:
    """Refuse an ini option that nobody knows, and a value that one cannot have; raises OptionError.

    `config` is pytest's.
    """
    for name in config._get_unknown_ini_keys():  # noqa: SLF001 - pytest 9.2 deprecates `inicfg`, with nothing in its place
        if name.startswith("llmvcr"):
            raise OptionError(f"there is no ini option {name!r}; llmvcr knows {', '.join(INI_OPTIONS)}")
    for name, values in _CHOICES.items():
        if config.getini(name) not in values:
            raise OptionError(f"ini option {name} is {' or '.join(values)}, not {config.getini(name)!r}")
    if config.getini("llmvcr_max_age"):
        from llmvcr.lifecycle import max_age  # noqa: PLC0415 - storage and yaml come with it

        max_age(config.getini("llmvcr_max_age"), name="ini option llmvcr_max_age")
    said = config.getini("llmvcr_timing")
    if said not in ("none", "recorded") and not re.fullmatch(r"\d+(\.\d+)?", said):
        raise OptionError(f"ini option llmvcr_timing is none, recorded or a factor such as 0.5, not {said!r}")


def options(config: Any) -> dict[str, Any]:
    """Give what the ini file says as options of a cassette; raises OptionError."""
    passed = {name: config.getini(name) for name in _PASSED}
    return {**passed, **_named(config), "llmvcr_redact": _secrets(config)}


def rules(config: Any) -> tuple[str, ...]:
    """Give the rules of matching that stand in the ini file, as people read them; raises OptionError."""
    named = _named(config)
    if not named:
        return ()
    from llmvcr.rulesets import ruleset  # noqa: PLC0415 - every provider comes with it

    try:
        return ruleset(**{name.removeprefix("llmvcr_"): value for name, value in named.items()}).labels
    except OptionError as error:
        raise OptionError(f"ini option {error}") from None


def _secrets(config: Any) -> Any:
    """Give `llmvcr_redact` of the ini file, a name or KEY = TEXT a line, as the option of a cassette."""
    lines = [line.partition(" = ") for line in config.getini("llmvcr_redact")]
    if [name for name, *_ in lines] in (["on"], ["off"]):
        return lines[0][0]
    return [{key.strip(): text.strip()} if equals else key.strip() for key, equals, text in lines] or None


def _named(config: Any) -> dict[str, Any]:
    """Give the rules that stand in the ini file, as the options of a cassette."""
    named = {name: config.getini(name) for name in ("llmvcr_match", "llmvcr_ignore", "llmvcr_ids", "llmvcr_patterns")}
    found = {name: value for name, value in named.items() if value and value != INI_OPTIONS[name][1]}
    if "llmvcr_patterns" in found:
        patterns: dict[str, list[str]] = {}
        found["llmvcr_patterns"] = patterns
        for line in named["llmvcr_patterns"]:
            path, equals, regex = line.partition(" = ")
            if not equals:
                raise OptionError(f"ini option llmvcr_patterns: {line!r} is not of the form PATH = REGEX")
            patterns.setdefault(path.strip(), []).append(regex.strip())
    return found
