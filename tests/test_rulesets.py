"""Rule sets: made of the values of options, and every wrong value refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from llmvcr.errors import OptionError
from llmvcr.presets import PRESETS
from llmvcr.rulesets import DEFAULT, ruleset

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"match": "llm_strikt"}, r"^llmvcr_match: there is no preset 'llm_strikt'; did you mean 'llm_strict'\?$"),
    ({"match": "zzz"}, r"^llmvcr_match: there is no preset 'zzz'; there are llm, llm_strict, llm_echo, llm_uuid$"),
    ({"match": "llm_strict llm_uuid"}, r"^llmvcr_match: llm_strict and llm_uuid do not go together$"),
    ({"match": ["llm", "llm_echo"]}, r"^llmvcr_match: llm and llm_echo do not go together$"),
    ({"match": 1}, r"^llmvcr_match: a text or a list of texts is due, not 1$"),
    ({"ignore": "messages[0]"}, r"^llmvcr_ignore: messages\[0\]: a path is a JSONPath into the body, which begins w"),
    ({"ignore": ["$.a", "$."]}, r"^llmvcr_ignore: \$\.: is no JSONPath of RFC 9535: "),
    ({"ignore": ["$.a", 1]}, r"^llmvcr_ignore: a text or a list of texts is due, not \['\$\.a', 1\]$"),
    ({"ids": "query."}, r"^llmvcr_ids: query\.: a path is "),
    ({"ids": "$["}, r"^llmvcr_ids: \$\[: is no JSONPath"),
    ({"patterns": ["$.a"]}, r"^llmvcr_patterns is \{path: regular expression, or a list of them\}, not \['\$\.a'\]$"),
    ({"patterns": {"$.a": "("}}, r"^llmvcr_patterns: \$\.a: '\(' is no regular expression: missing \)"),
    ({"patterns": {"$.a": [1]}}, r"^llmvcr_patterns: \$\.a: a text or a list of texts is due, not \[1\]$"),
    ({"patterns": {"a": "x"}}, r"^llmvcr_patterns: a: a path is "),
    ({"function": 1}, r"^llmvcr_canonical is a function of the fields, not 1$"),
    ({"match": "llm_strict", "ignore": "$.a"}, r"^llmvcr_ignore: \$\.a: llm_strict compares the text of a body"),
    ({"match": "llm_strict", "ids": "query.id"}, r"^llmvcr_ids: query\.id: llm_strict compares the text"),
]


@pytest.mark.parametrize(("options", "said"), WRONG)
def test_wrong(options: dict[str, Any], said: str) -> None:
    """A value that an option cannot have is refused, with the option and the path."""
    with pytest.raises(OptionError, match=said):
        ruleset(**options)


@pytest.mark.parametrize("match", ["llm", ["llm"], "", (), " llm "])
def test_default(match: str | list[str]) -> None:
    """Without rules there is the one default, so that nothing is done for it."""
    assert ruleset(match=match) is DEFAULT
    assert DEFAULT.labels == ()


@pytest.mark.parametrize("match", ["llm_echo llm_uuid", "llm_uuid,llm_echo", ["llm_echo", "llm_uuid"]])
def test_presets_together(match: str | list[str]) -> None:
    """Presets are named in a text or a list, in any order; one that is added to others needs no `llm` beside it."""
    made = ruleset(match=match)
    assert set(made.presets) == {"llm_echo", "llm_uuid"}
    assert made.uuids
    assert ruleset(match="llm_uuid").presets == ("llm", "llm_uuid")


def test_labels() -> None:
    """The user's own rules are named by option, path and expression, those of presets are not among them."""
    made = ruleset(match="llm_echo", ignore="$.a", ids=["$.b"], patterns={"$.c": ["x", "y"], "host": "z"})
    assert made.labels == (
        "llmvcr_ignore: $.a",
        "llmvcr_patterns: $.c = x",
        "llmvcr_patterns: $.c = y",
        "llmvcr_patterns: host = z",
        "llmvcr_ids: $.b",
    )


def test_rows_of_presets_are_in_order() -> None:
    """Every row of a preset has a reason and stands once; paths that take only texts are among the rows."""
    for preset in PRESETS:
        paths = [rule.path for rule in preset.rules]
        assert len(paths) == len(set(paths))
        assert preset.texts_only <= set(paths)
        assert preset.about
        assert all(rule.reason and rule.action == "ignore" for rule in preset.rules)
