"""vcrpy without its module of patches, which imports every HTTP library that is installed; it comes when it is needed.

Where requests, botocore and aiohttp are installed, that is most of what `import vcr` takes, and a run of tests pays for
it once, whatever it calls. Our taps wait until the application imports a library.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import FunctionType, ModuleType
from typing import Any

from llmvcr.taps.switchboard import unpatched

__all__ = ["PATCHERS", "import_vcr"]

PATCHERS = frozenset({"httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp", "httpx", "httpx2"})
"""`PATCHER_NAMES` of vcrpy 9.4."""

_MODULE = "vcr.patch"


def import_vcr() -> None:
    """Import vcrpy without what its patches import; where it was imported before, it stays as it is."""
    if "vcr" in sys.modules:
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("vcr")
    finally:
        sys.meta_path = [one for one in sys.meta_path if one is not finder]
    for loader in finder.loaders:
        loader.taken()


class _Finder:
    """Finds the module of patches as Python does, and has it come late."""

    def __init__(self) -> None:
        self.loaders: list[_Late] = []

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Give what Python's own finder gives, with a loader that waits."""
        spec = PathFinder.find_spec(name, path, target) if name == _MODULE else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Late(spec.loader)
            self.loaders.append(spec.loader)
        return spec


class _Late(Loader):
    """Stands for the module's own loader until one of its names is asked for. Safe to use from several threads."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._lock = threading.RLock()
        self._module: Any = None
        self._reset: Any = None  # the module's own `force_reset`, once it is here

    def __getattr__(self, name: str) -> Any:
        """Give what else a loader can do: somebody may only look for the source."""
        return getattr(self._real, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Have the module made."""
        made: ModuleType | None = self._real.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Give the module what vcrpy takes out of it when it is imported, and what brings the rest."""
        self._module = module
        vars(module).update(
            CassettePatcherBuilder=lambda cassette: self._brought().CassettePatcherBuilder(cassette),
            validate_skip_patchers=partial(_validated, self._brought),
            force_reset=self._force_reset,
            __getattr__=self._asked,
        )

    def taken(self) -> None:
        """Have whoever asks from now on get the real names of what vcrpy has taken."""
        for name in ("CassettePatcherBuilder", "validate_skip_patchers"):
            del vars(self._module)[name]

    def _asked(self, name: str) -> Any:
        if name.startswith("__"):  # which anybody may ask of any module
            message = f"module {_MODULE!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(self._brought(), name)

    def _force_reset(self) -> Any:
        self._brought()
        return self._reset()

    def _brought(self) -> Any:
        with self._lock:
            if self._reset is None:
                self._bring(self._module)
        return self._module

    def _bring(self, module: ModuleType) -> None:
        """Run the module; it keeps what it finds in the libraries as what was there before any patch."""
        names = vars(module)
        reset = names["force_reset"]
        module.__loader__ = self._real
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        self._real.exec_module(module)
        for name, value in tuple(names.items()):
            if isinstance(value, FunctionType):
                names[name] = unpatched(value)
        stubs = importlib.import_module("vcr.stubs")
        names["_HTTPConnection"] = stubs.VCRHTTPConnection._baseclass
        names["_HTTPSConnection"] = stubs.VCRHTTPSConnection._baseclass
        self._reset = names["force_reset"]
        if reset != self._force_reset:  # a wall stands there
            names["force_reset"] = reset
        del names["__getattr__"]


def _validated(brought: Callable[[], Any], skipped: Iterable[str]) -> tuple[str, ...]:
    """Give names of patchers as vcrpy does; raises its ValueError for one that it does not know."""
    names = tuple(skipped)
    if PATCHERS.issuperset(names):
        return names
    checked: tuple[str, ...] = brought().validate_skip_patchers(names)
    return checked
