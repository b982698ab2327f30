"""Options that nobody knows are refused by name, wherever they stand, and nothing is recorded."""

from __future__ import annotations

import pytest

from plugin.suite import Suite

_ONE = '@pytest.mark.vcr\ndef test_it():\n    ask("one")\n'


def test_in_the_mark(suite: Suite) -> None:
    """An unknown argument of the mark is refused by name, with the nearest known one."""
    suite.tests('@pytest.mark.vcr(filter_headerz=["a"])\ndef test_it():\n    ask("one")\n')
    result = suite.run("--record-mode=once", errors=1)
    result.stdout.fnmatch_lines(
        ["*pytest.mark.vcr: there is no option 'filter_headerz'; did you mean 'filter_headers'?*"]
    )
    assert suite.server.seen == []


def test_in_the_config(suite: Suite) -> None:
    """So is one of `vcr_config`."""
    suite.conftest("import pytest\n\n@pytest.fixture\ndef vcr_config():\n    return {'llmvcr_mis': 'raise'}\n")
    suite.tests(_ONE)
    result = suite.run("--record-mode=once", errors=1)
    result.stdout.fnmatch_lines(["*vcr_config: there is no option 'llmvcr_mis'; did you mean 'llmvcr_miss'?*"])
    assert suite.server.seen == []


def test_message_is_short(suite: Suite) -> None:
    """The report of such an error says what is wrong, not where in llmvcr that was found."""
    suite.tests('@pytest.mark.vcr(zzz=1)\ndef test_it():\n    ask("one")\n')
    output = suite.run(errors=1).stdout.str()
    assert "there is no option 'zzz'; known are: additional_matchers," in output
    assert "Traceback" not in output


def test_wrong_value(suite: Suite) -> None:
    """A value that an option cannot have is refused, with those it can have."""
    suite.tests('@pytest.mark.vcr(llmvcr_miss="shout")\ndef test_it():\n    ask("one")\n')
    suite.run(errors=1).stdout.fnmatch_lines(["*llmvcr_miss is 'raise' or 'abort', not 'shout'*"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("llmvcr_formt = json", "there is no ini option 'llmvcr_formt'; llmvcr knows llmvcr, llmvcr_format"),
        ("llmvcr_format = toml", "ini option llmvcr_format is yaml or json, not 'toml'"),
        ("llmvcr_miss = shout", "ini option llmvcr_miss is abort or raise, not 'shout'"),
        ("llmvcr = perhaps", "ini option llmvcr is on or off, not 'perhaps'"),
    ],
)
def test_in_the_ini(line: str, said: str, suite: Suite) -> None:
    """An unknown ini option, or a value it cannot have, stops the run with one line that says so."""
    suite.ini(line)
    suite.tests(_ONE)
    result = suite.start()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "INTERNALERROR" not in result.stderr.str()


def test_on_the_command_line(suite: Suite) -> None:
    """`-o` sets the same options, and is held to the same names."""
    suite.tests(_ONE)
    suite.run("--record-mode=once", "-o", "llmvcr_format=json", passed=1)
    assert suite.files == ["test_it/test_it.json"]
    result = suite.start("-o", "llmvcr_formt=json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is no ini option 'llmvcr_formt'" in result.stderr.str()


def test_options_of_pytest_recording(suite: Suite) -> None:
    """`allowed_hosts`, which pytest-recording reads from `vcr_config`, is known."""
    suite.conftest("import pytest\n\n@pytest.fixture\ndef vcr_config():\n    return {'allowed_hosts': ['127.0.0.1']}\n")
    suite.tests(_ONE)
    suite.run("--record-mode=once", passed=1)


def test_every_option_of_vcrpy(suite: Suite) -> None:
    """Every option of vcrpy's that the mark can take is taken, with its default value."""
    suite.tests("""
import inspect
import vcr as vcrpy

defaults = {
    name: option.default
    for name, option in inspect.signature(vcrpy.VCR).parameters.items()
    if name not in ("match_on", "cassette_library_dir", "path_transformer", "inject_cassette", "record_mode")
}

@pytest.mark.vcr(**defaults, additional_matchers=(), allow_playback_repeats=False, with_current_defaults=False)
def test_it():
    ask("one")
""")
    suite.run("--record-mode=once", passed=1)
    assert suite.files == ["test_it/test_it.yaml"]


def test_in_the_help(suite: Suite) -> None:
    """`pytest --help` lists the ini options, each with what it does."""
    output = suite.start("--help").stdout.str()
    for name in ("llmvcr (bool)", "llmvcr_format (string)", "llmvcr_miss (string)"):
        assert name in output
