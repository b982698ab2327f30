"""llmvcr records the HTTP traffic of LLM applications once and replays it in tests, forever."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmvcr.bridge import VCR, Miss, MissAbort, register, use_cassette
    from llmvcr.conversion import convert
    from llmvcr.errors import (
        CassetteError,
        FaultError,
        LeakError,
        LlmvcrError,
        NetworkBlockedAbort,
        NetworkBlockedError,
        OptionError,
        ReadError,
        SideBySideError,
        StaleError,
        StaleWarning,
        TypeNameError,
        WriteError,
    )
    from llmvcr.faults import Fault
    from llmvcr.interaction import Interaction, Request, Response
    from llmvcr.sdk_objects import objects
    from llmvcr.storage import dump, load

    __version__: str

__all__ = [
    "VCR",
    "CassetteError",
    "Fault",
    "FaultError",
    "Interaction",
    "LeakError",
    "LlmvcrError",
    "Miss",
    "MissAbort",
    "NetworkBlockedAbort",
    "NetworkBlockedError",
    "OptionError",
    "ReadError",
    "Request",
    "Response",
    "SideBySideError",
    "StaleError",
    "StaleWarning",
    "TypeNameError",
    "WriteError",
    "__version__",
    "convert",
    "dump",
    "load",
    "objects",
    "register",
    "use_cassette",
]

_HOMES = {
    "bridge": ("VCR", "Miss", "MissAbort", "register", "use_cassette"),
    "conversion": ("convert",),
    "errors": (
        "CassetteError",
        "FaultError",
        "LeakError",
        "LlmvcrError",
        "NetworkBlockedAbort",
        "NetworkBlockedError",
        "OptionError",
        "ReadError",
        "SideBySideError",
        "StaleError",
        "StaleWarning",
        "TypeNameError",
        "WriteError",
    ),
    "faults": ("Fault",),
    "interaction": ("Interaction", "Request", "Response"),
    "sdk_objects": ("objects",),
    "storage": ("dump", "load"),
}


def __getattr__(name: str) -> Any:
    """Import a public name's room when the name is first asked for, so that `import llmvcr` stays light."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - reading the metadata is not free

        return version("pytest-llmvcr")
    for room, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f"llmvcr.{room}"), name)
            globals()[name] = value
            return value
    message = f"module 'llmvcr' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted(__all__)
