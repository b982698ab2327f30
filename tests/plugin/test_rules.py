"""Presets and rules in ini, `vcr_config` and mark; rules that found nothing in a run."""

from __future__ import annotations

import pytest

from plugin.suite import LATER_PARALLEL, Suite

_CONFIG = "import pytest\n\n@pytest.fixture\ndef vcr_config():\n    return {}\n"
_INI = "llmvcr_ignore =\n    $.user\n    $.messages[?@.role=='x']"


def _asking(fields: str, mark: str = "") -> str:
    return f'@pytest.mark.vcr({mark})\ndef test_it():\n    ask("day 7", {fields})\n'


_WHERE = [
    ("llmvcr_ignore = $.user", "", ""),
    ("llmvcr_ids = $.user", "", ""),
    ("llmvcr_patterns =\n    $.zzz = x\n    $.user = [ab]", "", ""),
    ("llmvcr_patterns = $.user = ^.$", "", ""),
    ("", '{"llmvcr_ignore": ["$.user"]}', ""),
    ("", '{"llmvcr_canonical": lambda fields: {**fields, "body": 0}}', ""),
    ("", "", 'llmvcr_ids=["$.user"]'),
    ("", "", 'llmvcr_patterns={"$.user": "a|b"}'),
    ("llmvcr_ignore = $['user','zzz']", "", ""),
    ("llmvcr_ignore = $.zzz", '{"llmvcr_ignore": "$.yyy"}', 'llmvcr_ignore="$.user"'),
]


@pytest.mark.parametrize(("ini", "config", "mark"), _WHERE)
def test_where_a_rule_stands(ini: str, config: str, mark: str, suite: Suite) -> None:
    """A rule of the ini, of `vcr_config` or of the mark makes a changed request the same; the nearest one wins."""
    suite.ini(ini)
    if config:
        suite.conftest(_CONFIG.replace("{}", config))
    suite.tests(_asking('user="a"', mark))
    suite.run("--record-mode=once", passed=1)
    suite.tests(_asking('user="b"', mark))
    suite.run(passed=1)
    assert len(suite.server.seen) == 1


def test_without_a_rule(suite: Suite) -> None:
    """Without one the same change is a miss, and an option of the mark takes the place of the ini's whole."""
    suite.ini("llmvcr_ignore = $.user")
    suite.tests(_asking('user="a"', "llmvcr_ignore=[]"))
    suite.run("--record-mode=once", passed=1)
    suite.tests(_asking('user="b"', "llmvcr_ignore=[]"))
    suite.run(failed=1).stdout.fnmatch_lines(["*user: recorded*sent*"])


def test_presets(suite: Suite) -> None:
    """Presets are named in the ini, several in one line."""
    suite.ini("llmvcr_match = llm_echo llm_uuid")
    one, two = "5c0de1b8-9f5c-4c65-bb1c-7a2f4bd10d7e", "0b6f2f0e-27a1-4ac5-8d5e-3f0c7f1f9a55"
    suite.tests(_asking(f'user="{one}"'))
    suite.run("--record-mode=once", passed=1)
    suite.tests(_asking(f'user="{two}"'))
    suite.run(passed=1)
    suite.run("-o", "llmvcr_match=llm_strict", failed=1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("llmvcr_ignore = $.[0]", "ini option llmvcr_ignore: $.[0]: is no JSONPath of RFC 9535: "),
        (
            "llmvcr_ids = user",
            "ini option llmvcr_ids: user: a path is a JSONPath into the body, which begins with $, or",
        ),
        ("llmvcr_match = llm_x", "ini option llmvcr_match: there is no preset 'llm_x'; did you mean 'llm'?"),
        ("llmvcr_patterns = $.user", "ini option llmvcr_patterns: '$.user' is not of the form PATH = REGEX"),
        ("llmvcr_patterns = $.user = (", "ini option llmvcr_patterns: $.user: '(' is no regular expression: missing )"),
        ("llmvcr_unused_rules = perhaps", "ini option llmvcr_unused_rules is on or off, not 'perhaps'"),
    ],
)
def test_wrong_in_the_ini(line: str, said: str, suite: Suite) -> None:
    """A wrong value in the ini stops the run with one line that names the option and the path."""
    suite.ini(line)
    suite.tests(_asking(""))
    result = suite.start()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "INTERNALERROR" not in result.stderr.str()


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('llmvcr_ignore="$["', "llmvcr_ignore: $[: is no JSONPath of RFC 9535"),
        ('llmvcr_match="llm_strick"', "there is no preset 'llm_strick'; did you mean 'llm_strict'?"),
        ("llmvcr_canonical=1", "llmvcr_canonical is a function of the fields, not 1"),
    ],
)
def test_wrong_in_the_mark(mark: str, said: str, suite: Suite) -> None:
    """A wrong value in the mark is an error of that test, and nothing is asked."""
    suite.tests(_asking("", mark))
    assert said in suite.run("--record-mode=once", errors=1).stdout.str()
    assert suite.server.seen == []


_MANY = """
@pytest.mark.vcr(llmvcr_ids="$.seed")
def test_one():
    ask("one", user="a")

@pytest.mark.vcr(llmvcr_patterns={"$..content": ["t.o", "zzz"]})
def test_two():
    ask("two")

@pytest.mark.vcr(llmvcr_ignore=[])
def test_three():
    ask("three")
"""


@LATER_PARALLEL
def test_rules_that_found_nothing(workers: tuple[str, ...], suite: Suite) -> None:
    """On request the run ends with the rules that no request needed, one a line, also under xdist."""
    suite.ini(_INI)
    suite.tests(_MANY)
    for mode in ("--record-mode=once", "--record-mode=none"):
        result = suite.run(mode, "--llmvcr-unused-rules", *workers, passed=3)
        lines = result.stdout.lines
        at = next(number for number, line in enumerate(lines) if "rules of llmvcr that found nothing" in line)
        assert lines[at + 1 : at + 4] == [
            "llmvcr_ids: $.seed",
            "llmvcr_ignore: $.messages[?@.role=='x']",
            "llmvcr_patterns: $..content = zzz",
        ]


def test_rules_that_all_found_something(suite: Suite) -> None:
    """Where every rule found something the report says so; asked for in the ini it comes, too; else there is none."""
    suite.ini("llmvcr_ignore = $.user", "llmvcr_unused_rules = on")
    suite.tests(_asking('user="a"'))
    suite.run("--record-mode=once", passed=1).stdout.fnmatch_lines(
        ["*rules of llmvcr that found nothing*", "none of 1"]
    )
    suite.run("-o", "llmvcr_unused_rules=off", passed=1).stdout.no_fnmatch_line("*rules of llmvcr*")
    suite.run("-o", "llmvcr_ignore=", passed=1).stdout.no_fnmatch_line("*rules of llmvcr*")


_OTHER = 'match_on=["method", "uri"]'


def test_rules_beside_another_matcher(suite: Suite) -> None:
    """In one mark they are refused by name; of `vcr_config` a warning says so; those of the ini are for other tests."""
    suite.ini("llmvcr_ignore = $.user")
    suite.tests(_asking('user="a"', _OTHER))
    suite.run("--record-mode=once", passed=1)
    suite.conftest(_CONFIG.replace("{}", '{"llmvcr_ids": "$.user"}'))
    said = "*UserWarning: pytest.mark.vcr and vcr_config together: llmvcr_ids: of no effect*"
    suite.run("-Wdefault", passed=1).stdout.fnmatch_lines([said])
    suite.tests(_asking('user="a"', f'{_OTHER}, llmvcr_ignore="$.seed"'))
    suite.run(errors=1).stdout.fnmatch_lines(["*UsageError: pytest.mark.vcr: llmvcr_ignore: of no effect*"])
