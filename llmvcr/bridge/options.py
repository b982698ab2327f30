"""What llmvcr adds to vcrpy's options, each with the values it can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from llmvcr.bridge import redacting
from llmvcr.bridge.recording import Keep
from llmvcr.errors import OptionError

if TYPE_CHECKING:
    from llmvcr.faults import Fault
    from llmvcr.normalizing import What
    from llmvcr.rulesets import RuleSet
    from llmvcr.secrets.options import Option as RedactOption

__all__ = ["RULES", "Block", "Options"]

Block = Literal["cassette", "all", "off"]
"""What is stopped under record mode none: hosts of the cassette and of providers, every host, or nothing."""

_CHOICES: dict[str, tuple[str | None, ...]] = {
    "llmvcr_miss": ("raise", "abort"),
    "llmvcr_dialect": (None, "yaml", "json", "vcr_json"),
    "llmvcr_keep": get_args(Keep),
    "llmvcr_compressed": ("unpack", "keep"),
    "llmvcr_leaks": ("fail", "warn", "off"),
    "llmvcr_block_network": get_args(Block),
    "llmvcr_mode": (None, "refresh", "verify"),
    "llmvcr_stale": ("warn", "fail", "record"),
    "llmvcr_failed": ("keep", "drop"),
    "llmvcr_side_traffic": ("ignore", "record", "block"),
    "llmvcr_normalize": ("off", "ids", "times", "on"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What llmvcr adds to vcrpy's options; the dialect is that of a new file, where the serializer's is not meant.

    `llmvcr_timing` is the pace of a replay: "none", "recorded" or a factor (0.5 is twice as fast as recorded);
    `llmvcr_keep` is how much is kept of a stream, `llmvcr_compressed` whether a compressed answer of an LLM is recorded
    so that it can be read.

    `llmvcr_block_network` is what is stopped under record mode none, and `allowed_hosts` what passes all the same:
    regular expressions, as pytest-recording reads them.

    `llmvcr_match` names presets, `llmvcr_ignore` and `llmvcr_ids` paths, `llmvcr_patterns` regular expressions by
    path, and `llmvcr_canonical` is a function of the fields to compare: see `llmvcr.rulesets.ruleset`.

    `llmvcr_faults` are what goes wrong, one or several `llmvcr.Fault`.

    `llmvcr_mode` is a record mode of ours: "refresh" records what no longer matches and drops what was not played,
    "verify" sends every call and compares. `llmvcr_max_age` ("30d") is how old a recording may be, and `llmvcr_stale`
    what an older one does. `llmvcr_failed` is whether the file takes in what a test recorded that failed.
    `llmvcr_side_traffic` is what becomes of telemetry and downloads (`llmvcr.side_traffic`). `llmvcr_normalize` is what
    of a recording is written alike in every run ("on" is both, see `llmvcr.normalizing`).
    """

    llmvcr_miss: Literal["raise", "abort"] = "raise"
    llmvcr_dialect: str | None = None
    llmvcr_block_network: Block = "off"
    allowed_hosts: str | Sequence[str] | None = ()
    llmvcr_timing: str | float = "none"
    llmvcr_keep: Keep = "times"
    llmvcr_compressed: Literal["unpack", "keep"] = "unpack"
    llmvcr_redact: RedactOption = None
    llmvcr_leaks: Literal["fail", "warn", "off"] = "fail"
    llmvcr_match: str | Sequence[str] = "llm"
    llmvcr_ignore: str | Sequence[str] = ()
    llmvcr_ids: str | Sequence[str] = ()
    llmvcr_patterns: Mapping[str, str | Sequence[str]] | None = None
    llmvcr_canonical: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    llmvcr_faults: Sequence[Fault] = ()
    llmvcr_mode: Literal["refresh", "verify"] | None = None
    llmvcr_max_age: str = ""
    llmvcr_stale: Literal["warn", "fail", "record"] = "warn"
    llmvcr_failed: Literal["keep", "drop"] = "keep"
    llmvcr_side_traffic: Literal["ignore", "record", "block"] = "ignore"
    llmvcr_normalize: Literal["off", "ids", "times", "on"] = "off"

    def checked(self) -> Options:
        """Give these options back; raises OptionError for a value that one cannot have, naming the option."""
        for name, values in _CHOICES.items():
            if (value := getattr(self, name)) not in values:
                *most, last = (repr(one) for one in values if one is not None)
                raise OptionError(f"{name} is {', '.join(most)} or {last}, not {value!r}")
        _ = self.pace
        redacting.check(self.llmvcr_redact)
        _ = self.allowed
        if self.llmvcr_max_age != "":
            self._check_age()
        if self.has_rules:
            self.rules()
        if self.llmvcr_faults == ():
            return self
        from llmvcr.faults import checked  # noqa: PLC0415 - most cassettes have no faults

        return replace(self, llmvcr_faults=checked(self.llmvcr_faults))

    def _check_age(self) -> None:
        from llmvcr.lifecycle import max_age  # noqa: PLC0415 - most cassettes have no age

        if max_age(self.llmvcr_max_age) and "times" in self.normalizes:
            raise OptionError(
                f"llmvcr_normalize = {self.llmvcr_normalize} leaves no time of recording for llmvcr_max_age to go by; "
                "leave one of the two out, or normalize ids alone"
            )

    @property
    def normalizes(self) -> frozenset[What]:
        """What is written alike in every run."""
        named: dict[str, tuple[What, ...]] = {"ids": ("ids",), "times": ("times",), "on": ("ids", "times")}
        return frozenset(named.get(self.llmvcr_normalize, ()))

    @property
    def allowed(self) -> tuple[str, ...]:
        """The expressions of `allowed_hosts`: a list, or one string with commas, or None. Raises OptionError."""
        given = self.allowed_hosts
        found = tuple(given.split(",") if isinstance(given, str) else given or ())
        for one in found:
            try:
                re.compile(one)
            except (TypeError, re.error) as error:
                message = f"allowed_hosts: {one!r} is no regular expression: {error}"
                raise OptionError(message) from None
        return found

    @property
    def pace(self) -> float:
        """How many times as long as in the recording a replay takes; 0 does not wait at all. Raises OptionError."""
        named = {"none": 0.0, "recorded": 1.0}.get(str(self.llmvcr_timing))
        try:
            factor = float(self.llmvcr_timing) if named is None else named
        except (TypeError, ValueError):
            factor = -1.0
        if isinstance(self.llmvcr_timing, bool) or not 0 <= factor < float("inf"):
            message = f"llmvcr_timing is 'none', 'recorded' or a factor such as 0.5, not {self.llmvcr_timing!r}"
            raise OptionError(message)
        return factor

    @property
    def has_rules(self) -> bool:
        """Whether anything is said of what is compared."""
        return any(getattr(self, name) != default for name, default in _UNSAID)

    def rules(self) -> RuleSet:
        """Return what is compared; raises OptionError."""
        from llmvcr.rulesets import ruleset  # noqa: PLC0415 - every provider comes with it

        return ruleset(
            match=self.llmvcr_match,
            ignore=self.llmvcr_ignore,
            ids=self.llmvcr_ids,
            patterns=self.llmvcr_patterns,
            function=self.llmvcr_canonical,
        )


RULES = ("llmvcr_match", "llmvcr_ignore", "llmvcr_ids", "llmvcr_patterns", "llmvcr_canonical")
"""The options that say what is compared."""

_UNSAID = tuple((option.name, option.default) for option in fields(Options) if option.name in RULES)
