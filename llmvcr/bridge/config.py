"""vcrpy's configuration with llmvcr set: a VCR of our own, and the way to set an existing one."""

from __future__ import annotations

import difflib
import inspect
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import fields, replace
from typing import Any

from vcr import VCR as VcrpyVCR
from vcr.cassette import CassetteContextDecorator

from llmvcr.bridge.cassette import LlmCassette, Opener
from llmvcr.bridge.files import SERIALIZERS, Persister
from llmvcr.bridge.matching import llm
from llmvcr.bridge.options import RULES, Options
from llmvcr.bridge.patching import patchers
from llmvcr.bridge.walling import WALLS, ignored
from llmvcr.errors import OptionError
from llmvcr.taps import SWITCHBOARD

__all__ = [
    "KNOWN_OPTIONS",
    "OWN_OPTIONS",
    "STALE_IDLE",
    "VCR",
    "check_options",
    "is_stale_idle",
    "register",
    "set_up",
    "use_cassette",
    "without_idle_rules",
]

OWN_OPTIONS = tuple(option.name for option in fields(Options))
"""The options that llmvcr adds to vcrpy's; `allowed_hosts` is pytest-recording's word for its own."""

_VCRPY_OPTIONS = (
    "additional_matchers",
    "after_load_interaction",
    "allow_playback_repeats",
    "before_record",
    "before_record_request",
    "before_record_response",
    "before_save_interaction",
    "cassette_library_dir",
    "custom_patches",
    "decode_compressed_response",
    "drop_unused_requests",
    "filter_headers",
    "filter_nested_post_data_parameters",
    "filter_post_data_parameters",
    "filter_query_parameters",
    "filter_sensitive_data",
    "func_path_generator",
    "ignore_hosts",
    "ignore_localhost",
    "inject_cassette",
    "match_on",
    "path",
    "path_transformer",
    "persister",
    "record_mode",
    "record_on_exception",
    "serializer",
    "skip_patchers",
    "with_current_defaults",
)
"""Every option that vcrpy 9.4 reads in `VCR.get_merged_config` and beside it; vcrpy ignores any other in silence."""

KNOWN_OPTIONS = frozenset({*OWN_OPTIONS, *_VCRPY_OPTIONS})
"""What `use_cassette`, the mark and `vcr_config` take."""


_VCRPY_MATCH_ON: tuple[str, ...] = inspect.signature(VcrpyVCR).parameters["match_on"].default


def check_options(names: Iterable[str], *, where: str) -> None:
    """Refuse options that nobody knows; raises OptionError naming them, with the nearest known name.

    Of a mapping of options to values also rules beside a `match_on` that leaves out `llm`, where they would do nothing.
    """
    for name in names:
        if name not in KNOWN_OPTIONS:
            close = difflib.get_close_matches(name, KNOWN_OPTIONS, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(sorted(KNOWN_OPTIONS))}"
            message = f"{where}: there is no option {name!r}; {hint}"
            raise OptionError(message)
    if isinstance(names, Mapping) and (idle := _idle(names)):
        message = f"{where}: {_said(idle)}; add 'llm' to match_on, or leave one of the two out"
        raise OptionError(message)


def without_idle_rules(options: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Give options that were named in several places without the rules that do nothing, and warn of those."""
    idle = _idle(options)
    if idle:
        warnings.warn(f"{where}: {_said(idle)}", stacklevel=2)
    return {name: value for name, value in options.items() if name not in idle}


STALE_IDLE = "llmvcr_stale: of no effect without llmvcr_max_age; name that, too, or leave it out"


def is_stale_idle(options: Mapping[str, Any]) -> bool:
    """Say whether options name what a recording does that is too old, and no age, be it none ("")."""
    return options.get("llmvcr_stale", "warn") != "warn" and "llmvcr_max_age" not in options


def _idle(options: Mapping[str, Any]) -> tuple[str, ...]:
    if "llm" in (*options.get("match_on", ("llm",)), *(options.get("additional_matchers") or ())):
        return ()
    defaults = {option.name: option.default for option in fields(Options)}
    return tuple(name for name in RULES if options.get(name) and options[name] != defaults[name])


def _said(idle: Sequence[str]) -> str:
    return f"{', '.join(idle)}: of no effect, since match_on does not name the matcher 'llm'"


class _Context(CassetteContextDecorator):  # type: ignore[misc]
    """vcrpy's context that takes its patches away also when the cassette cannot be saved.

    vcrpy leaves them to the garbage collector then, which takes them from under whatever cassette is open that moment.
    """

    # The running patches and the cassette; private by name only, and nowhere else to be had.
    _CassetteContextDecorator__finish: Any
    _CassetteContextDecorator__cassette: Any

    _args_getter: Any

    _walls: AbstractContextManager[None] | None = None

    def __enter__(self) -> Any:
        opened = super().__enter__()
        if isinstance(opened, LlmCassette):
            try:
                SWITCHBOARD.enter(opened, opened.taps)
                if opened.wall is not None:
                    self._walls = WALLS.standing()
                    self._walls.__enter__()
            except BaseException:  # a library that a tap cannot patch; vcrpy's own patches must not outlive this
                self.__exit__(*sys.exc_info())
                raise
        return opened

    def _patch_generator(self, cassette: Any) -> Iterator[Any]:
        with ExitStack() as stack:
            for patcher in patchers(cassette):
                stack.enter_context(patcher)
            yield cassette

    def __exit__(self, *exc_info: object) -> None:
        cassette = self._CassetteContextDecorator__cassette
        try:
            if self._walls is not None:
                self._walls.__exit__(None, None, None)
                self._walls = None
            if cassette is not None:
                SWITCHBOARD.leave(cassette)
                cassette.failed = cassette.failed or exc_info[:1] != (None,)
            given = self._args_getter
            if exc_info[:1] == (None,):  # vcrpy merges all options once more to see what becomes of an exception
                self._args_getter = dict
            try:
                super().__exit__(*exc_info)
            finally:
                self._args_getter = given
            if cassette is not None:
                cassette.ended(well=exc_info[:1] == (None,))
        finally:
            finish = self._CassetteContextDecorator__finish
            if finish is not None:
                next(finish, None)
                self._CassetteContextDecorator__finish = None
        if cassette is not None and exc_info[:1] == (None,):
            cassette.faults.check()


def register(vcr: VcrpyVCR, **options: Any) -> None:
    """Set an existing vcrpy VCR up for LLM traffic, in place.

    It gets the matcher `llm` (which becomes its `match_on`, unless it has one other than vcrpy's default), the
    serializers `yaml`, `json` and `vcr_json`, a persister around its own, and cassettes with the index; `options`
    are llmvcr's own, as defaults for all its cassettes. A `match_on`, `serializer` or `persister` that is named for
    one cassette wins, as always in vcrpy.
    Raises OptionError for an unknown option, then and at each `use_cassette`.
    """
    if unknown := [name for name in options if name not in OWN_OPTIONS]:
        check_options(unknown, where="register")
        message = f"register: {unknown[0]!r} is an option of vcrpy; give it to the VCR itself"
        raise OptionError(message)
    set_up(vcr, Options(**options).checked())


def set_up(vcr: VcrpyVCR, defaults: Options) -> None:
    """Set an existing VCR up as `register` does, with options that were checked."""
    vcr.register_matcher("llm", llm)
    if tuple(vcr.match_on) == _VCRPY_MATCH_ON:
        vcr.match_on = ("llm",)
    for name, serializer in SERIALIZERS:
        vcr.register_serializer(name, serializer)
    if not isinstance(vcr.persister, Persister):
        vcr.register_persister(Persister(vcr.persister))
    plain = vcr._use_cassette

    def use(**config: Any) -> Any:
        check_options(config, where="use_cassette")
        own = {name: config.pop(name) for name in OWN_OPTIONS if name in config}
        chosen = replace(defaults, **own).checked() if own else defaults
        if chosen.llmvcr_mode is not None and "record_mode" in config:
            message = f"use_cassette: llmvcr_mode={chosen.llmvcr_mode!r} stands in the place of record_mode: give one"
            raise OptionError(message)
        aged = {"llmvcr_max_age": defaults.llmvcr_max_age} if defaults.llmvcr_max_age else {}
        if is_stale_idle({**aged, **own}):
            raise OptionError(f"use_cassette: {STALE_IDLE}")
        if isinstance(vcr, VCR) and is_stale_idle({"llmvcr_stale": defaults.llmvcr_stale, **aged, **own}):
            warnings.warn(f"VCR: {STALE_IDLE}", stacklevel=2)
        # What `register` was given holds for a whole suite, and is meant for those of its tests that go by `llm`.
        near = {**{name: getattr(defaults, name) for name in RULES}, **own} if isinstance(vcr, VCR) else own
        without_idle_rules({"match_on": vcr.match_on, **config, **near}, where="use_cassette")
        hosts, localhost = (config.get(name, getattr(vcr, name)) for name in ("ignore_hosts", "ignore_localhost"))
        return _Context(Opener(chosen, ignored(hosts, localhost=localhost)), plain(**config)._args_getter)

    vcr._use_cassette = use


class VCR(VcrpyVCR):  # type: ignore[misc]
    """A `vcr.VCR` with everything set for LLM traffic; takes vcrpy's options and llmvcr's own.

    Raises OptionError for an option that neither knows.
    """

    def __init__(self, **options: Any) -> None:
        check_options(options, where="VCR")
        match_on = options.get("match_on")
        super().__init__(**{name: value for name, value in options.items() if name not in OWN_OPTIONS})
        register(self, **{name: value for name, value in options.items() if name in OWN_OPTIONS})
        if match_on is not None:
            self.match_on = match_on


def use_cassette(path: str | os.PathLike[str], **options: Any) -> Any:
    """Open the cassette at `path`, as a context manager or a decorator, with llmvcr's defaults.

    `options` are those of vcrpy's `use_cassette` and llmvcr's own; `path` may be a folder of recordings. Raises
    OptionError for an option that neither knows, ReadError where the file cannot be read.
    """
    return VCR().use_cassette(os.fspath(path), **options)
