"""Cassette files under vcrpy: serializers that read every format of ours, and a persister that writes whole files."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from vcr.persisters.filesystem import CassetteNotFoundError, FilesystemPersister
from vcr.serialize import serialize

from llmvcr import formats, storage
from llmvcr.bridge.beside import Beside, beside
from llmvcr.bridge.gating import Gate
from llmvcr.bridge.opening import check
from llmvcr.bridge.translate import Pair, to_interaction, to_pair
from llmvcr.errors import LeakError, WriteError
from llmvcr.formats import Document, vcr_dict
from llmvcr.interaction import Interaction
from llmvcr.keeping import Check, Keeping, recover

__all__ = ["SERIALIZERS", "Persister", "Serializer"]

_LOG = logging.getLogger("llmvcr")
_RECORDING = "pytest_recording._vcr"


@dataclass(frozen=True, slots=True)
class Serializer:
    """vcrpy's serializer protocol over one of our formats: it writes that format, and reads any of them."""

    format: str

    def deserialize(self, cassette_string: str | bytes) -> dict[str, Any]:
        """Read the text of a cassette, in whatever format it is; raises ReadError."""
        data = cassette_string.encode() if isinstance(cassette_string, str) else cassette_string
        document = formats.read(data, path="cassette")
        interactions = [vcr_dict.from_interaction(one, in_place=False) for one in document.interactions]
        return {"version": 1, "interactions": interactions, **document.extra}

    def serialize(self, cassette_dict: dict[str, Any]) -> str:
        """Write the text of a cassette in this format; raises WriteError."""
        interactions = tuple(
            vcr_dict.to_interaction(one, path="cassette", number=number)
            for number, one in enumerate(cassette_dict["interactions"])
        )
        extra = {key: value for key, value in cassette_dict.items() if key not in ("version", "interactions")}
        return formats.by_name(self.format).write(Document(interactions, extra), path="cassette").decode()


SERIALIZERS = tuple((name, Serializer(name)) for name in ("yaml", "json", "vcr_json"))
"""The serializers by the names that `serializer=` takes."""


@dataclass(slots=True)
class _Reader:
    """A serializer that keeps the document which it was asked to read, and tells its caller of no interactions."""

    path: str
    document: Document | None = None

    def deserialize(self, cassette_string: str) -> dict[str, Any]:
        self.document = storage.read_again(cassette_string.encode(), path=self.path)
        return {"version": 1, "interactions": []}


@dataclass(slots=True)
class Persister:
    """vcrpy's persister protocol through our storage, around the persister that stood there before.

    A persister of the user's own keeps its say: it is called as vcrpy would call it. vcrpy's stock persister and
    pytest-recording's, which adds the files named in the mark (`extra_paths`), are done by storage: every format,
    whole files, errors that name the place.
    """

    inner: Any
    repeats: bool = False
    """Whether what was loaded last answers equal requests without limit."""
    kept: int = 0
    """How many of the interactions that are saved next were loaded before."""
    keeping: Keeping | None = None
    gate: Gate | None = None
    recovered: int = 0
    """How many interactions of a run that was cut short came back when the cassette was loaded."""
    unaltered: bool = False
    """Whether no hook alters the answers that are loaded: interactions are given as they are, and no pairs of them."""
    sizes: dict[str, int] = field(default_factory=dict)
    """By path, how many interactions each of the files held that were loaded, in their order."""
    _extra: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of_one(self, path: str, serializer: Any, *, gate: Gate, first: bool = False) -> Persister:
        """Give the persister of a single cassette: with a gate, and with a journal where the file is ours to write.

        `first` says that what is recorded replaces what is there. Raises ReadError for a path that no file can have.
        """
        return Persister(self.inner, gate=gate, keeping=self._keeping(os.fspath(path), serializer, first=first))

    def _keeping(self, path: str, serializer: Any, *, first: bool) -> Keeping | None:
        if not self._is_stock:
            return beside(path, self.inner, first=first)
        if not (path.isascii() and os.path.isfile(path)):  # noqa: PTH113 - Path's own raises for some names
            storage.refuse_impossible(path)
            if Path(path).is_dir():
                return None
        ours = isinstance(serializer, Serializer)
        return Keeping(path, serializer.format, first=first) if ours else beside(path, serializer, first=first)

    def load_cassette(self, cassette_path: str, serializer: Any) -> tuple[Any, ...]:
        """Return (requests, responses[, metadata]); raises vcrpy's CassetteNotFoundError, or ReadError."""
        if not isinstance(self.keeping, Beside):
            return self._load(cassette_path, serializer)
        load = partial(self._load, cassette_path, serializer)
        found = self.keeping.load(load, partial(self._save, cassette_path, serializer=serializer))
        self.recovered = self.keeping.recovered
        return found

    def save_cassette(self, cassette_path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
        """Write a cassette whole or not at all, in the dialect that an existing file has; raises WriteError."""
        save = partial(self._save, cassette_path, serializer=serializer)
        if isinstance(self.keeping, Beside):
            self.keeping.save(cassette_dict, self.kept, save)
        else:
            save(cassette_dict)

    @property
    def adds(self) -> bool:
        """Whether the file is ours to write, and to add to."""
        return self.keeping is not None and not isinstance(self.keeping, Beside)

    def add_to_cassette(
        self, cassette_path: str, loaded: Sequence[Interaction], pairs: Iterable[Pair], serializer: Any
    ) -> None:
        """Write a cassette of which all that was `loaded` stays as it is, with the pairs behind it.

        Raises WriteError or LeakError, and leaves the file as it was.

        Time and memory are those of copying the file, whatever it holds. What stands there was looked through for
        secrets when it was added, or was never ours to refuse: the gate looks at the pairs alone.
        """
        path = os.fspath(cassette_path)
        if self.keeping is None:
            raise TypeError("only a cassette that is kept by a journal can be added to")
        fresh = (to_interaction(*pair, path=path, number=number) for number, pair in enumerate(pairs, len(loaded)))
        document = Document((*loaded, *fresh), self._extra.get(path, {}))
        self._check(document, len(loaded), path, serializer.format)
        self.keeping.write(document, len(loaded), self._gate_of(path, serializer.format), copies=True)

    def _load(self, cassette_path: str, serializer: Any) -> tuple[Any, ...]:
        if not self._is_stock:
            loaded: tuple[Any, ...] = self.inner.load_cassette(cassette_path, serializer=serializer)
            return loaded
        path = os.fspath(cassette_path)
        if self.keeping is not None and not isinstance(self.keeping, Beside):
            if storage.unsettled(self.keeping.path):
                self._recover(self.keeping, path, serializer)
            self.keeping.reads()
        documents = list(self._documents(path, serializer))
        if not documents:
            raise CassetteNotFoundError
        self.repeats = any(document.repeats for document in documents)
        found = [one for document in documents for one in document.interactions]
        if self._is_combined and not found:
            raise CassetteNotFoundError  # as pytest-recording does: a cassette without interactions is none
        metadata = [told for document in documents if (told := document.extra.get("metadata"))]
        if self.unaltered:
            return found, found, *metadata[:1]
        pairs = [to_pair(one) for one in found]
        return [request for request, _ in pairs], [response for _, response in pairs], *metadata[:1]

    def _recover(self, keeping: Keeping, path: str, serializer: Any) -> None:
        try:
            check = self._gate_of(path, serializer.format)
            self.recovered = recover(keeping.path, serializer.format, check=check).interactions
        except WriteError as error:  # a folder that is read-only, say: the cassette can be played all the same
            _LOG.warning("what a run that was cut short has recorded cannot be brought back: %s", error)

    def _save(self, cassette_path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
        path = os.fspath(cassette_path)
        if not self._is_stock:
            self.inner.save_cassette(cassette_path, cassette_dict, serializer=serializer)
        elif Path(path).is_dir():
            fix = "record into a file of its own, or replay with record_mode='none'"
            raise WriteError(path, "is a folder of recordings, which is only replayed", fix=fix)
        elif isinstance(serializer, Serializer):
            pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
            interactions = tuple(to_interaction(*pair, path=path, number=number) for number, pair in enumerate(pairs))
            extra = dict(self._extra.get(path, {}))
            if metadata := cassette_dict.get("metadata"):
                extra["metadata"] = metadata
            document = Document(interactions, extra)
            kept = min(self.kept, len(interactions))
            self._check(document, kept, path, serializer.format)
            if self.keeping is None:
                storage.dump(document, path, format=serializer.format)
            else:
                self.keeping.write(document, kept, self._gate_of(path, serializer.format))
        else:
            storage.write(path, serialize(cassette_dict, serializer).encode())

    def _check(self, document: Document, kept: int, path: str, format: str) -> None:  # noqa: A002 - as in storage.dump
        if self.gate is None:
            return
        try:
            self.gate.check(document, kept, path, format)
        except LeakError:
            if self.keeping is not None:
                self.keeping.drop()  # what was refused is kept elsewhere, masked
            raise

    def _gate_of(self, path: str, format: str) -> Check | None:  # noqa: A002 - as in storage.dump
        gate = self.gate
        return None if gate is None else lambda fresh: gate.check(fresh, 0, path, format)

    def _documents(self, path: str, serializer: Any) -> Iterator[Document]:
        for one in dict.fromkeys((path, *self._more)):
            document = self._read(one) if isinstance(serializer, Serializer) else _read_by(serializer, one)
            if document is not None:
                for number, interaction in enumerate(document.interactions):
                    check(interaction, path=one, number=number)
                self._extra[one] = dict(document.extra)
                self.sizes[one] = len(document.interactions)
                if one == path and self.keeping is not None:
                    self.keeping.loaded(document.interactions)
                yield document

    def _read(self, path: str) -> Document | None:
        if self._is_combined:
            read = sys.modules[_RECORDING].load_cassette
            if hasattr(read, "__wrapped__") or getattr(read, "__module__", "") != _RECORDING:
                # People wrap pytest-recording's reader to see or count what is loaded: its text files go through it.
                reader = _Reader(path)
                with contextlib.suppress(UnicodeDecodeError):  # packed, or broken: storage knows what to say
                    read(path, reader)
                if reader.document is not None:
                    return reader.document
        return storage.load(path) if Path(path).exists() else None

    @property
    def _more(self) -> tuple[str, ...]:
        return tuple(self.inner.extra_paths) if self._is_combined else ()

    @property
    def _is_stock(self) -> bool:
        return FilesystemPersister in (self.inner, type(self.inner)) or self._is_combined

    @property
    def _is_combined(self) -> bool:
        # The very class: one that a user derived from it is the user's own.
        return type(self.inner).__module__ == _RECORDING


def _read_by(serializer: Any, path: str) -> Document | None:
    """Read a file by a serializer of the user's own, as vcrpy would."""
    if not Path(path).exists():
        return None
    read = serializer.deserialize(storage.read(path).decode())
    own = [vcr_dict.to_interaction(item, path=path, number=n) for n, item in enumerate(read["interactions"])]
    return Document(tuple(own), {key: read[key] for key in ("metadata",) if key in read})
