"""Options: what vcrpy and llmvcr know is taken, anything else is refused by name."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import vcr
from vcr.cassette import CassetteContextDecorator

import llmvcr
from llmvcr.bridge import KNOWN_OPTIONS, OWN_OPTIONS


def _read_by(function: object) -> set[str]:
    """The options that a method of vcrpy's looks up in its keyword arguments."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))  # type: ignore[arg-type]
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "get"
        and ast.unparse(call.func.value) in ("kwargs", "options")
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_list_is_vcrpys() -> None:
    """The list of options is what vcrpy reads in its source, llmvcr's own, and pytest-recording's allowed_hosts."""
    methods = (
        vcr.VCR.get_merged_config,
        vcr.VCR._build_before_record_request,  # noqa: SLF001 - there vcrpy reads the rest of its options
        vcr.VCR._build_before_record_response,  # noqa: SLF001
    )
    read = set().union(*map(_read_by, methods))
    read |= set(inspect.signature(vcr.VCR._use_cassette).parameters) - {"self", "kwargs"}  # noqa: SLF001
    assert read > {"serializer", "match_on", "filter_headers", "path", "with_current_defaults"}
    assert read | {*OWN_OPTIONS, "allowed_hosts"} == KNOWN_OPTIONS


def test_constructor_options_are_known() -> None:
    """Every parameter of vcr.VCR is an option that llmvcr.VCR takes."""
    assert set(inspect.signature(vcr.VCR).parameters) <= KNOWN_OPTIONS


_WAYS_IN: dict[str, Callable[..., object]] = {
    "use_cassette": lambda **options: llmvcr.use_cassette("c.yaml", **options),
    "VCR": llmvcr.VCR,
    "VCR.use_cassette": lambda **options: llmvcr.VCR().use_cassette("c.yaml", **options),
    "decorator": lambda **options: llmvcr.VCR().use_cassette(**options)(print),
    "register": lambda **options: llmvcr.register(vcr.VCR(), **options),
}


@pytest.mark.parametrize("way", sorted(_WAYS_IN))
def test_unknown_option(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option that nobody knows is refused by name, with the nearest known one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(llmvcr.OptionError, match=r"no option 'filter_headerz'.*did you mean 'filter_headers'"):
        _WAYS_IN[way](filter_headerz=["a"])
    assert list(tmp_path.iterdir()) == []


def test_unknown_option_like_no_other(tmp_path: Path) -> None:
    """Where no known option is near, the error lists them all."""
    with pytest.raises(
        llmvcr.OptionError, match=r"'zzz'; known are: additional_matchers, .*llmvcr_miss.*skip_patchers"
    ):
        llmvcr.use_cassette(tmp_path / "c.yaml", zzz=1)


def test_option_error_is_a_type_error(tmp_path: Path) -> None:
    """Code that expects Python's own error for a wrong keyword catches it."""
    with pytest.raises(TypeError):
        llmvcr.use_cassette(tmp_path / "c.yaml", zzz=1)


def test_register_names_vcrpys_options() -> None:
    """An option of vcrpy's given to register is refused with the place where it belongs."""
    with pytest.raises(llmvcr.OptionError, match="'match_on' is an option of vcrpy; give it to the VCR itself"):
        llmvcr.register(vcr.VCR(), match_on=["uri"])


@pytest.mark.parametrize("way", sorted(_WAYS_IN))
def test_wrong_value(way: str) -> None:
    """A value that llmvcr_miss cannot have is refused, with those it can have."""
    with pytest.raises(llmvcr.OptionError, match="llmvcr_miss is 'raise' or 'abort', not 'shout'"):
        _WAYS_IN[way](llmvcr_miss="shout")


def test_unknown_serializer(tmp_path: Path) -> None:
    """A serializer that nobody registered is vcrpy's own error."""
    with pytest.raises(KeyError, match="tomls"), llmvcr.use_cassette(tmp_path / "c.yaml", serializer="tomls"):
        pass


def test_what_use_cassette_gives(tmp_path: Path) -> None:
    """use_cassette gives vcrpy's own context decorator, so all that vcrpy documents for it holds."""
    assert isinstance(llmvcr.use_cassette(tmp_path / "c.yaml"), CassetteContextDecorator)


def test_stale_without_an_age(tmp_path: Path) -> None:
    """What a recording does that is too old is refused where no age is named, and told of a VCR's own options."""
    path = tmp_path / "c.yaml"
    with pytest.raises(llmvcr.OptionError, match="use_cassette: llmvcr_stale: of no effect without llmvcr_max_age"):
        llmvcr.use_cassette(path, llmvcr_stale="fail")
    with pytest.warns(UserWarning, match="VCR: llmvcr_stale: of no effect without llmvcr_max_age"):
        llmvcr.VCR(llmvcr_stale="fail").use_cassette(str(path))
    for one, other in (({"llmvcr_stale": "fail"}, {"llmvcr_max_age": "1d"}), ({}, {"llmvcr_stale": "warn"})):
        llmvcr.VCR(**one).use_cassette(str(path), **other)
        llmvcr.VCR(**other).use_cassette(str(path), **one)
    llmvcr.VCR(llmvcr_stale="fail", llmvcr_max_age="1d").use_cassette(str(path), llmvcr_max_age="")
