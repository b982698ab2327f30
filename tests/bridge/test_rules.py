"""Presets and users' rules in use_cassette, VCR and register: one truth for matcher, index and miss."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import vcr

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said

ONE, TWO = "5c0de1b8-9f5c-4c65-bb1c-7a2f4bd10d7e", "0b6f2f0e-27a1-4ac5-8d5e-3f0c7f1f9a55"


def _ask(server: Counting, words: str, **fields: Any) -> str:
    return said(post(server.url + CHAT, json=chat_body(words, **fields)))


def _shout(fields: dict[str, Any]) -> dict[str, Any]:
    fields["body"]["messages"][0]["content"] = fields["body"]["messages"][0]["content"].upper()
    return fields


RULES: list[
    tuple[dict[str, Any], tuple[str, dict[str, Any]], tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]
] = [
    ({"llmvcr_ignore": "$.user"}, ("one", {"user": "a"}), ("one", {"user": "b"}), ("two", {"user": "a"})),
    ({"llmvcr_ids": ["$.user"]}, (f"{ONE}", {"user": ONE}), (f"{TWO}", {"user": TWO}), (f"{TWO}", {"user": ONE})),
    ({"llmvcr_patterns": {"$..content": r"\d+"}}, ("day 7", {}), ("day 22", {}), ("days 7", {})),
    ({"llmvcr_canonical": _shout}, ("one", {}), ("One", {}), ("two", {})),
    ({"llmvcr_match": "llm_uuid"}, (f"see {ONE}", {}), (f"see {TWO}", {}), (f"look at {ONE}", {})),
    ({"llmvcr_match": "llm_strict"}, ("one", {"seed": 1}), ("one", {"seed": 1}), ("one", {"seed": 1.0})),
]


@pytest.mark.parametrize(("options", "recorded", "same", "different"), RULES)
@pytest.mark.parametrize("more", [{}, {"additional_matchers": ["method"]}], ids=["index", "vcrpys-way"])
def test_each(  # noqa: PLR0913, PLR0917 - three requests, and the two ways of looking
    options: dict[str, Any],
    recorded: tuple[str, dict[str, Any]],
    same: tuple[str, dict[str, Any]],
    different: tuple[str, dict[str, Any]],
    more: dict[str, Any],
    server: Counting,
    tmp_path: Path,
) -> None:
    """Under each kind of rule the same request is answered and the different one missed, also beside other matchers."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options, **more):
        first = _ask(server, recorded[0], **recorded[1])
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", **options, **more):
        with pytest.raises(llmvcr.Miss):
            _ask(server, different[0], **different[1])
        assert _ask(server, same[0], **same[1]) == first
    assert len(server.seen) == 1


def test_a_miss_names_nothing_that_is_left_out(server: Counting, tmp_path: Path) -> None:
    """The error of a miss tells of what is compared, and not of what a rule leaves out."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_ignore="$.user"):
        _ask(server, "one", user="somebody")
    options: dict[str, Any] = {"record_mode": "none", "llmvcr_ignore": "$.user"}
    with pytest.raises(llmvcr.Miss) as caught, llmvcr.use_cassette(tmp_path / "c.yaml", **options):
        _ask(server, "two", user="nobody")
    assert "messages[0].content" in str(caught.value)
    assert "nobody" not in str(caught.value)


def test_the_nearest_option_wins(server: Counting, tmp_path: Path) -> None:
    """An option of one cassette takes the place of the VCR's, whole; what it does not name stays."""
    recorder = llmvcr.VCR(record_mode="none", llmvcr_ignore="$.user", llmvcr_match="llm_uuid")
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, f"see {ONE}", user="a", seed=1)
    with recorder.use_cassette(str(tmp_path / "c.yaml")):
        _ask(server, f"see {TWO}", user="b", seed=1)
    with recorder.use_cassette(str(tmp_path / "c.yaml"), llmvcr_ignore="$.seed"):
        with pytest.raises(llmvcr.Miss, match="user"):
            _ask(server, f"see {TWO}", user="b", seed=2)
        _ask(server, f"see {TWO}", user="a", seed=2)


def test_register(server: Counting, tmp_path: Path) -> None:
    """Rules given to register hold for all cassettes of that VCR."""
    recorder = vcr.VCR()
    llmvcr.register(recorder, llmvcr_ignore=["$.user"])
    for user in "ab":
        with recorder.use_cassette(str(tmp_path / "c.yaml")):
            assert _ask(server, "one", user=user) == "1: one"


_WAYS_IN: dict[str, Any] = {
    "use_cassette": lambda **options: llmvcr.use_cassette("c.yaml", **options),
    "VCR": llmvcr.VCR,
    "VCR.use_cassette": lambda **options: llmvcr.VCR().use_cassette("c.yaml", **options),
    "register": lambda **options: llmvcr.register(vcr.VCR(), **options),
}


@pytest.mark.parametrize("way", sorted(_WAYS_IN))
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"llmvcr_ignore": "$.messages["}, r"llmvcr_ignore: \$\.messages\[: is no JSONPath"),
        ({"llmvcr_match": "llm_ecco"}, "there is no preset 'llm_ecco'; did you mean 'llm_echo'"),
        ({"llmvcr_patterns": {"$.a": "["}}, r"llmvcr_patterns: \$\.a: '\[' is no regular expression"),
    ],
)
def test_wrong(way: str, options: dict[str, Any], words: str) -> None:
    """A wrong value is refused where it is given, before any cassette is opened."""
    with pytest.raises(llmvcr.OptionError, match=words):
        _WAYS_IN[way](**options)


def test_what_applied(server: Counting, tmp_path: Path) -> None:
    """A cassette says which of the user's rules are in force, and which found something in what it holds."""
    options: dict[str, Any] = {"llmvcr_ignore": ["$.user", "$.seed", "$.zzz"], "record_mode": "new_episodes"}
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options) as cassette:
        _ask(server, "one", user="a")
        _ask(server, "one", user="a", seed=1)
    named = ("llmvcr_ignore: $.user", "llmvcr_ignore: $.seed", "llmvcr_ignore: $.zzz")
    assert cassette.rules() == (named, ("llmvcr_ignore: $.seed", "llmvcr_ignore: $.user"))
    with llmvcr.use_cassette(tmp_path / "none.yaml") as cassette:
        assert cassette.rules() == ((), ())


def test_rules_of_another_matcher(server: Counting, tmp_path: Path) -> None:
    """Where a match_on of the user's leaves `llm` out no rule is in force: the cassette says so, and a warning does."""
    recorder, path = llmvcr.VCR(llmvcr_ignore="$.user"), str(tmp_path / "c.yaml")
    options: dict[str, Any] = {"match_on": ["method", "body"]}
    with pytest.warns(UserWarning, match="llmvcr_ignore: of no effect"):
        context = recorder.use_cassette(path, **options)
    with context as cassette:
        _ask(server, "one", user="a")
    assert cassette.rules() == ((), ())
    with pytest.warns(UserWarning, match="use_cassette"):
        context = recorder.use_cassette(path, **options)
    with pytest.raises(llmvcr.Miss), context:
        _ask(server, "one", user="b")


@pytest.mark.parametrize(
    "options",
    [
        {"llmvcr_match": "llm_echo"},
        {"llmvcr_ignore": ["$.user"]},
        {"llmvcr_ids": "$.user"},
        {"llmvcr_patterns": {"$.user": "x"}},
        {"llmvcr_canonical": _shout},
    ],
    ids=lambda options: next(iter(options)),
)
def test_rules_beside_another_matcher_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    """A rule in the very place where match_on leaves `llm` out is refused by name."""
    for opened, place in ((llmvcr.VCR, "VCR"), (partial(llmvcr.use_cassette, tmp_path / "c.yaml"), "use_cassette")):
        with pytest.raises(llmvcr.OptionError, match=f"^{place}: {next(iter(options))}: of no effect"):
            opened(**options, match_on=["method", "uri"])
        opened(**options, match_on=["method", "llm"])
    llmvcr.use_cassette(tmp_path / "c.yaml", **options, match_on=["method"], additional_matchers=["llm"])


def test_rules_of_a_whole_suite_are_meant_for_llm() -> None:
    """What `register` was given is no matter for a cassette that goes by another matcher."""
    recorder = vcr.VCR()
    llmvcr.register(recorder, llmvcr_ignore="$.user")
    with recorder.use_cassette("unused.yaml", match_on=["uri"]) as cassette:
        assert cassette.rules() == ((), ())
