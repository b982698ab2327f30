"""vcrpy, whose patches (and every HTTP library that is installed) and YAML come when something asks for them.

Where requests, botocore and aiohttp are installed, they are three quarters of what `import vcr` takes, which a run of
tests pays for once, whatever it calls. Our taps wait until the application imports a library, and our reader of
cassettes in vcrpy's layout is its own.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import FunctionType, ModuleType
from typing import Any

from llmvcr.taps.loading import InPlace
from llmvcr.taps.switchboard import unpatched

__all__ = ["LATE", "PATCHERS", "import_vcr"]

LATE: dict[str, tuple[str, ...]] = {
    "vcr.patch": ("CassettePatcherBuilder", "force_reset", "validate_skip_patchers"),
    "vcr.serialize": ("deserialize", "serialize"),
    "vcr.serializers.yamlserializer": (),
}
"""The modules that come late, each with the names that others take out of it when they are imported themselves."""

PATCHERS = frozenset({"httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp", "httpx", "httpx2"})
"""`PATCHER_NAMES` of vcrpy 9.4."""


def import_vcr() -> None:
    """Import vcrpy without what comes late; where it was imported before, it stays as it is."""
    if "vcr" in sys.modules:
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("vcr")
    finally:
        sys.meta_path = [one for one in sys.meta_path if one is not finder]
    # It has taken the class; whoever wants it from now on, to make a class of it, say, is given the real one.
    vars(sys.modules["vcr.patch"]).pop("CassettePatcherBuilder")


class _Finder:
    """Finds the modules as Python does, and has them come late."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Give what Python's own finder gives, with a loader that waits."""
        spec = PathFinder.find_spec(name, path, target) if name in LATE else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Late(spec.loader)
        return spec


class _Late(InPlace):
    """Stands for a module's own loader until one of its names is asked for. Safe to use from several threads."""

    def __init__(self, real: Any) -> None:
        super().__init__(real)
        self._lock = threading.RLock()
        self._module: Any = None
        self._own: dict[str, Any] | None = None  # what the stand-ins stand for, once it is here

    def exec_module(self, module: ModuleType) -> None:
        """Give the module what others take out of it, and what brings the rest."""
        self._module = module
        self._stand_ins = {name: self._stand_in(name) for name in LATE[module.__name__]}
        vars(module).update(self._stand_ins, __getattr__=self._asked)

    def _stand_in(self, name: str) -> Callable[..., Any]:
        sooner = _SOONER.get(name)

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            answer = None if sooner is None else sooner(*args, **kwargs)
            return self._brought()[name](*args, **kwargs) if answer is None else answer

        return stand_in

    def _asked(self, name: str) -> Any:
        if name.startswith("__"):  # which anybody may ask of any module
            message = f"module {self._module.__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        self._brought()
        return getattr(self._module, name)

    def _brought(self) -> dict[str, Any]:
        with self._lock:
            if self._own is None:
                self._own = self._bring(self._module)
        return self._own

    def _bring(self, module: ModuleType) -> dict[str, Any]:
        """Run the module, and give what it has in the place of the stand-ins."""
        names = vars(module)
        before = {name: names.get(name) for name in self._stand_ins}
        self.run(module)
        _restore(names)
        own = {name: names[name] for name in self._stand_ins}
        # Somebody may have put something in the place of a stand-in, as our walls do.
        names.update({name: value for name, value in before.items() if value not in (None, self._stand_ins[name])})
        del names["__getattr__"]
        return own


def _known(skip_patchers: Iterable[str]) -> tuple[str, ...] | None:
    """Give names of patchers as `validate_skip_patchers` does, which refuses those that it does not know."""
    names = tuple(skip_patchers)
    return names if PATCHERS.issuperset(names) else None


_SOONER: dict[str, Callable[..., Any]] = {"validate_skip_patchers": _known}
"""What answers in the place of a module that is not there; None where it cannot."""


def _restore(names: dict[str, Any]) -> None:
    """Have vcrpy's patches know the libraries as they were: they take what they find for what was there before."""
    for name, value in tuple(names.items()):
        if isinstance(value, FunctionType):
            names[name] = unpatched(value)
    if "_HTTPConnection" in names:
        stubs = importlib.import_module("vcr.stubs")
        names["_HTTPConnection"] = stubs.VCRHTTPConnection._baseclass
        names["_HTTPSConnection"] = stubs.VCRHTTPSConnection._baseclass
        vars(sys.modules["vcr.cassette"])["CassettePatcherBuilder"] = names["CassettePatcherBuilder"]
