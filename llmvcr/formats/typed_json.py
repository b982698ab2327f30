"""The typed JSON cassette: several recordings in one file, with real URLs and the JSON that crossed the wire.

{"version": 1, "interactions": [recording, …]}, indented by 2, but each event of a streamed body on one line, so that a
diff of two recordings shows which events differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from types import MappingProxyType

import msgspec

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import beyond, extra, items, spelling, typed, typed_slices
from llmvcr.formats.base import Document
from llmvcr.formats.checks import loaded
from llmvcr.formats.restate import endpoint_of
from llmvcr.interaction import Interaction, Json

__all__ = ["TYPED_JSON", "TypedJson", "item_of", "losses"]

_VERSION = 1
_INTERACTIONS = re.compile(rb'(?<!\\)"interactions"\s*:\s*\[')
_URL = re.compile(rb'(?<!\\)"(ur[il])"\s*:')
_ERROR = 400


@dataclass(frozen=True, slots=True)
class TypedJson:
    """The format of typed JSON cassettes."""

    name: str = "json"
    suffix: str = ".json"

    def claims(self, data: bytes) -> bool:
        """Say whether the content looks like a typed cassette: its requests have a `url`, and vcrpy's a `uri`."""
        if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") or not _INTERACTIONS.search(data):
            return False
        key = _URL.search(data)
        return key is None or key[1] == b"url"

    def read(self, data: bytes, *, path: str) -> Document:
        """Read a cassette; raises ReadError, with interaction and place, for anything that is none."""
        return _document(_parsed(data, path), path)

    def skim(self, data: bytes, *, path: str) -> Document | None:
        """Read a cassette that is laid out exactly as `write` does it; its answers are read when they are asked for.

        None for any other file. Raises ReadError.
        """
        found = typed_slices.sliced(data, path=path)
        return None if found is None else _document(found, path)

    def extend(self, data: bytes, fresh: Document, *, path: str) -> bytes | None:
        """Give the bytes of a cassette that can be read, with the interactions of `fresh` behind its own.

        What was there is copied. None for a file of another format or another layout. Raises WriteError.
        """
        return typed_slices.extended(data, self.write(fresh, path=path)) if data[:1] == b"{" else None

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:
        """Write a cassette; raises WriteError for what JSON cannot hold."""
        try:
            written = [_written(interaction, strict=strict) for interaction in document.interactions]
            beside = {extra.KEY: dict(document.extra)} if document.extra and not strict else {}
            tail = "".join(f",\n  {json.dumps(key)}: {_pretty(value, 1, {})}" for key, value in beside.items())
        except (RecursionError, TypeError, ValueError) as error:
            raise WriteError(path, f"cannot be written as JSON: {error}") from error
        inner = "[\n    " + ",\n    ".join(written) + "\n  ]" if written else "[]"
        return f'{{\n  "version": {_VERSION},\n  "interactions": {inner}{tail}\n}}\n'.encode()


TYPED_JSON = TypedJson()


def _parsed(data: bytes, path: str) -> tuple[tuple[Interaction, ...], dict[str, Json]]:
    """Parse a whole file, and give its interactions and its other top-level keys; raises ReadError."""
    document = loaded(data, path=path)
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise ReadError(path, "is no cassette: it has no list of interactions", place="interactions")
    version = document.pop("version", None)
    if version != _VERSION or isinstance(version, bool):
        reason = f"is of version {version!r}, and this llmvcr knows {_VERSION}"
        raise ReadError(path, reason, place="version", fix="install a newer pytest-llmvcr")
    held = document.pop("interactions")
    try:
        return tuple(
            items.read(item, path=path, number=number, cassette=True) for number, item in enumerate(held)
        ), document
    except RecursionError as error:
        raise ReadError(path, "is nested too deep") from error


def _document(found: tuple[tuple[Interaction, ...], dict[str, Json]], path: str) -> Document:
    """Make a Document of the interactions and the other top-level keys, of which one is ours; raises ReadError."""
    interactions, keys = found
    own = keys.pop(extra.KEY, None)
    if not isinstance(own, dict | None):
        raise ReadError(path, "is not an object", place=extra.KEY)
    return Document(interactions, keys | (own or {}))


def item_of(interaction: Interaction, *, strict: bool = False, texts: _Texts | None = None) -> dict[str, Json]:
    """Give one recording of a cassette: the JSON as it crossed the wire, typed by the provider tables.

    An error (status 400 and above) has its JSON bare. With `strict` nothing stands under our key. In `texts` is entered
    which text is known of which value, by its id.
    """
    request, response = interaction.request, interaction.response
    note = items.note_of(interaction)
    sent = spelling.spell(request.body or b"")
    known = typed.found(request, sent.values if sent.form == "reply" else ())
    members = note.get("list") is True or bool(known and known[1].items and response.status < _ERROR)
    spelt = spelling.spell(response.body, members=members, stream=spelling.is_lines(response.headers))
    if strict:
        spelt, sent = spelling.loose(response.body, spelt), spelling.loose(request.body or b"", sent)
    if texts is not None:
        for told in (spelt, sent):
            texts.update((id(one), text) for one, text in zip(told.values, told.texts, strict=False) if text)
    names = typed.said(note, len(spelt.values)) or typed.names(known[1] if known else None, spelt.values, spelt.form)
    if response.status >= _ERROR:
        names = [""] * len(names)
    wrapped = [typed.wrap(value, name) for value, name in zip(spelt.values, names, strict=True)]
    value = sent.values[0] if sent.form == "reply" else None
    endpoint = note.get("endpoint")
    model = value.get("model") if isinstance(value, dict) else None
    headers = beyond.grouped(request.headers)
    item: dict[str, Json] = {
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers) if headers is None else headers,
            "body": value,
            "endpoint": endpoint if isinstance(endpoint, str) else endpoint_of(request, known),
            "model": model if isinstance(model, str) else "",
        },
        "response": {
            "body": wrapped if spelt.form in ("stream", "list") else wrapped[0] if wrapped else None,
            "is_streaming": spelt.form == "stream",
        },
    }
    if strict:
        return item
    left = beyond.put_unknown(item, interaction.unknown)
    own = beyond.spelt_request(request.body, sent)
    more: dict[str, Json] = {"status": response.status, "reason": response.reason}
    lines = beyond.grouped(response.headers)
    more |= {} if lines is None else {"headers": lines}
    more["body"] = spelling.raw(b"") if spelt.how is None else spelt.how
    more |= {"request": own} if own else {}
    item["response"][extra.KEY] = extra.pack(
        interaction, request_headers=headers is None, response_headers=lines is None, unknown=left, **more
    )
    return item


_Texts = dict[int, str]
"""By the id of a value that stands in a recording: what `json.dumps` gives of it, but for white space."""

_encode = json.JSONEncoder(check_circular=False).encode
_WORDS: Mapping[Json, str] = MappingProxyType({True: "true", False: "false", None: "null"})


def _dumps(value: Json) -> str:
    """Do as `json.dumps`, and a fifth of the time it takes for what is small, as nearly all of it is."""
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is int:
        return str(value)
    return _WORDS[value] if value is None or kind is bool else _encode(value)


def _pretty(value: Json, level: int, texts: Mapping[int, str]) -> str:
    """Indent by 2, from this level on; new lines stand between tokens only, JSON escapes those in strings."""
    if not isinstance(value, dict | list) or not value:
        return _dumps(value)
    try:
        text = msgspec.json.format(texts.get(id(value)) or _encode(value), indent=2)
    except msgspec.DecodeError:
        text = json.dumps(value, indent=2)  # NaN, an infinite number, half a surrogate pair; it takes six times as long
    return text.replace("\n", "\n" + "  " * level)


def _item(value: Json, level: int, texts: Mapping[int, str]) -> str:
    """Do as `_pretty` for an item of an answer, whose text is known of what it holds."""
    if not typed.is_typed(value) or id(value["__data__"]) not in texts:
        return _pretty(value, level, texts)
    return _object({key: _pretty(inner, level + 1, texts) for key, inner in value.items()}, level + 1)


def _written(interaction: Interaction, *, strict: bool) -> str:
    texts: _Texts = {}
    return _laid(item_of(interaction, strict=strict, texts=texts), texts)


def _laid(item: dict[str, Json], texts: Mapping[int, str]) -> str:
    """Lay a recording out at its place in the file."""
    response = item["response"]
    parts = {key: _pretty(value, 3, texts) for key, value in item.items() if key not in ("request", "response")}
    parts["request"] = _object({key: _pretty(value, 4, texts) for key, value in item["request"].items()}, 4)
    fields = {key: _pretty(value, 4, texts) for key, value in response.items() if key not in ("body", extra.KEY)}
    body = response["body"]
    fields["body"] = _lines(body, 5, texts) if response["is_streaming"] and body else _item(body, 4, texts)
    if extra.KEY in response:
        fields[extra.KEY] = _object({key: _own(value, 6) for key, value in response[extra.KEY].items()}, 5)
    parts["response"] = _object({key: fields[key] for key in response}, 4)
    return _object({key: parts[key] for key in item}, 3)


def _own(value: Json, level: int) -> str:
    """Lay out what stands under our key: one fact a line, however much it holds, and one frame of a WebSocket."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return _lines(value, level, {})
    if not isinstance(value, dict) or not value:
        return _dumps(value)
    return _object({key: _dumps(inner) for key, inner in value.items()}, level)


def _object(fields: dict[str, str], level: int) -> str:
    pad = "  " * level
    lines = [f"{pad}{encode_basestring_ascii(key)}: {text}" for key, text in fields.items()]
    return "{\n" + ",\n".join(lines) + f"\n{pad[2:]}}}"


def _lines(values: list[Json], level: int, texts: Mapping[int, str]) -> str:
    pad = "  " * level
    return "[\n" + ",\n".join([pad + _line(value, texts) for value in values]) + f"\n{pad[2:]}]"


def _line(value: Json, texts: Mapping[int, str]) -> str:
    """Do as `json.dumps`."""
    data = typed.data_of(value)
    if (text := texts.get(id(data))) is None:
        return _encode(value)
    text = msgspec.json.format(text, indent=0)
    return text if data is value else f'{{"__type__": {_dumps(value["__type__"])}, "__data__": {text}}}'


def losses(interaction: Interaction) -> tuple[str, ...]:
    """Say in plain words what a strict cassette would give up of this interaction."""
    data = TYPED_JSON.write(Document((interaction,)), path="", strict=True)
    return beyond.lost(interaction, TYPED_JSON.read(data, path="").interactions[0])
