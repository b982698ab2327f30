"""What llmvcr adds to vcrpy's options, each with the values it can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from llmvcr.bridge.recording import Keep
from llmvcr.errors import OptionError
from llmvcr.rulesets import RuleSet, ruleset

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """What llmvcr adds to vcrpy's options; the dialect is that of a new file, where the serializer's is not meant.

    `llmvcr_timing` is the pace of a replay: "none", "recorded" or a factor (0.5 is twice as fast as recorded);
    `llmvcr_keep` is how much is kept of a stream.

    `llmvcr_match` names presets, `llmvcr_ignore` and `llmvcr_ids` paths, `llmvcr_patterns` regular expressions by
    path, and `llmvcr_canonical` is a function of the fields to compare: see `llmvcr.rulesets.ruleset`.
    """

    llmvcr_miss: Literal["raise", "abort"] = "raise"
    llmvcr_dialect: str | None = None
    llmvcr_timing: str | float = "none"
    llmvcr_keep: Keep = "times"
    llmvcr_match: str | Sequence[str] = "llm"
    llmvcr_ignore: str | Sequence[str] = ()
    llmvcr_ids: str | Sequence[str] = ()
    llmvcr_patterns: Mapping[str, str | Sequence[str]] | None = None
    llmvcr_canonical: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def checked(self) -> Options:
        """Give these options back; raises OptionError for a value that one cannot have, naming the option."""
        if self.llmvcr_miss not in ("raise", "abort"):
            message = f"llmvcr_miss is 'raise' or 'abort', not {self.llmvcr_miss!r}"
            raise OptionError(message)
        if self.llmvcr_dialect not in (None, "yaml", "json", "vcr_json"):
            message = f"llmvcr_dialect is 'yaml', 'json' or 'vcr_json', not {self.llmvcr_dialect!r}"
            raise OptionError(message)
        if self.llmvcr_keep not in get_args(Keep):
            message = f"llmvcr_keep is 'bytes', 'boundaries' or 'times', not {self.llmvcr_keep!r}"
            raise OptionError(message)
        _ = self.pace
        self.rules()
        return self

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

    def rules(self) -> RuleSet:
        """Return what is compared; raises OptionError."""
        return ruleset(
            match=self.llmvcr_match,
            ignore=self.llmvcr_ignore,
            ids=self.llmvcr_ids,
            patterns=self.llmvcr_patterns,
            function=self.llmvcr_canonical,
        )
