"""The public names of llmvcr: pinned, real and documented."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

import llmvcr
from shared import PROJECT

PUBLIC = [
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


def test_the_public_names_are_these() -> None:
    """A name is added to or taken from the public API on purpose: here and in `__all__`."""
    assert llmvcr.__all__ == PUBLIC
    assert dir(llmvcr) == sorted(PUBLIC)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_each_public_name_is_documented_and_typed(name: str) -> None:
    """Each public name is there, has a docstring of its own and, if a function, types throughout."""
    value = getattr(llmvcr, name)
    assert value.__doc__
    if inspect.isclass(value):
        assert "__doc__" in vars(value)
        assert value.__doc__ not in [parent.__doc__ for parent in value.__mro__[1:]]
    else:
        signature = inspect.signature(value)
        assert signature.return_annotation is not inspect.Signature.empty
        assert [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty] == []


def test_the_version_is_that_of_the_distribution() -> None:
    """`__version__` says what pyproject.toml says."""
    declared = re.search(r'^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert llmvcr.__version__ == declared[1]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """Asking for an unknown name fails as it does in any module."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = llmvcr.nonsense


def test_a_function_stays_a_function_when_its_room_is_imported_first() -> None:
    """`llmvcr.convert` and `llmvcr.objects` are the functions, also after the rooms of these names were imported."""
    code = (
        "import llmvcr.cli, llmvcr.conversion, llmvcr.sdk_objects, llmvcr\n"
        "assert callable(llmvcr.convert) and callable(llmvcr.objects)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
