"""The redactor of a cassette, made when something is first to be redacted: most replays come to their end without."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from llmvcr.redaction import Redactor
    from llmvcr.secrets.options import Option

__all__ = ["check", "redacting"]

_PLAIN = (None, True, False, "on", "off")
"""Values of the option that name nothing, so that nothing can be wrong with them."""


def check(option: Option) -> None:
    """Refuse a value that `llmvcr_redact` cannot have; raises OptionError."""
    if not any(option is one or option == one for one in _PLAIN):
        from llmvcr.redaction import redactor  # noqa: PLC0415 - most cassettes name nothing

        redactor(option, {})


def redacting(option: Option) -> Redactor:
    """Give the redactor of an option that was checked, with the environment as it is now."""
    return cast("Redactor", _Redacting(option))


class _Redacting:
    """Stands for a redactor until something of it is asked for."""

    def __init__(self, option: Option) -> None:
        self._option, self._environ = option, _environ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._made, name)

    @cached_property
    def _made(self) -> Redactor:
        from llmvcr.redaction import redactor  # noqa: PLC0415 - see the top of this file

        return redactor(self._option, {_text(name): _text(value) for name, value in self._environ.items()})


def _environ() -> dict[Any, Any]:
    """Give the environment as it is now, encoded where Python holds it so: to decode all of it takes time."""
    environ = os.environ  # a test may have put a mapping of its own in the place of Python's
    return dict(environ._data if type(environ) is os._Environ else environ)  # type: ignore[attr-defined]


def _text(part: Any) -> str:
    return os.fsdecode(part) if isinstance(part, bytes) else str(part)
