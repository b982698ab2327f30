"""The SDK objects of a recorded answer, built as the SDK builds them; nothing is imported because a file names it."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmvcr import bodies
from llmvcr.errors import LlmvcrError, TypeNameError
from llmvcr.formats import typed
from llmvcr.interaction import Interaction, Json, Request, Response, header
from llmvcr.providers import KNOWN_TYPES, Endpoint, find, type_name
from llmvcr.providers.types import SDKS
from llmvcr.wire import codecs, ndjson, sniff, sse
from llmvcr.wire.nesting import watched

__all__ = ["faults", "objects"]

_FIRST_ERROR_STATUS = 400
_READ_AS_THEY_ARE = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
# Of these a body that is damaged or too large has no objects; of others it may be that only a library is missing.


def objects(interaction: Interaction) -> tuple[Any, ...]:
    """Build the SDK objects of an answer: one for a plain body, one per event of a stream, the members of a list.

    A class is named by the typed recording that the interaction was read from, where it names any, else by the
    provider's table. `[DONE]`, comments and an error in mid-stream have no object. The tuple is empty for an answer
    without one: an error status, sound or text, a call whose answer the SDK gives no class.

    Raises TypeNameError for a class that is on no list of ours or whose SDK is not installed, and LlmvcrError for a
    compressed body that cannot be opened (`llmvcr.wire.codecs`).
    """
    if interaction.response.status >= _FIRST_ERROR_STATUS:
        return ()
    endpoint = _endpoint(interaction.request)
    note = interaction.notes.get("recording")
    if not isinstance(note, Mapping):
        note = {}
    if endpoint is None and not note:
        return ()
    body = _decoded(interaction.response)
    kind = sniff(body)
    if kind == "json":
        form, values = _plain(json.loads(watched(body)), endpoint, note)
    elif kind:
        frames = sse.frames(body) if kind == "sse" else ndjson.frames(body)
        texts = (frame.data for frame in frames)
        form, values = "stream", [_event(text) for text in texts if text.strip() and not text.startswith("[DONE]")]
    else:
        return ()
    names = _noted(note, len(values)) or _tabled(endpoint, values, form)
    # The SDK raises where an event tells an error; what it then holds is no object of the stream.
    given = (isinstance(value, Mapping) and not (form == "stream" and value.get("error")) for value in values)
    return tuple(_build(name, value) for name, value, whole in zip(names, values, given, strict=True) if name and whole)


def faults(name: str, data: Json) -> tuple[str, ...]:
    """Name the fields of `data` that do not fit the installed SDK's class called `name`: "choices[0].index: …".

    The object is built as `objects` builds it, then validated. Fields that the class does not know yet, or the data
    not yet, are no faults, nor are nulls: `model_dump` writes them for what a server left out.
    Raises TypeNameError for a class that is on no list of ours or whose SDK is not installed.
    """
    kind = _load(name)
    try:
        _build(name, data)
        if hasattr(kind, "model_validate"):
            kind.model_validate(data)
    except (TypeError, ValueError) as error:
        details = getattr(error, "errors", None)
        if not callable(details):
            return (f"cannot be built: {error}",)
        return tuple(f"{_field(each['loc'])}: {each['msg']}" for each in _meant(data, details()))
    return ()


def _meant(data: Json, details: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Leave out what is only absent, and of the members of a union all but the one that fits best."""
    unions: dict[Any, dict[str, list[Mapping[str, Any]]]] = {}
    for detail in details:
        place, member = _member(data, detail["loc"])
        wrong = unions.setdefault(place, {}).setdefault(member, [])
        if not _is_absence(detail):
            wrong.append(detail)
    for members in unions.values():
        yield from min(members.values(), key=len)


def _member(data: Json, place: tuple[str | int, ...]) -> tuple[Any, str]:
    """Part a place at the name of a union's member, which is no key of the data; without one it is its own."""
    for number, word in enumerate(place[:-1]):
        known = isinstance(data, list) if isinstance(word, int) else isinstance(data, Mapping) and word in data
        if not known:
            return place[:number], str(word)
        data = data[word]
    return (place, "itself"), ""


def _is_absence(detail: Mapping[str, Any]) -> bool:
    return detail["type"] == "missing" or detail["input"] is None


def _field(place: tuple[str | int, ...]) -> str:
    words = "".join(f"[{word}]" if isinstance(word, int) else f".{word}" for word in place)
    return words.removeprefix(".") or "the whole"


def _plain(data: Json, endpoint: Endpoint | None, note: Mapping[str, Json]) -> tuple[str, list[Json]]:
    members = data.get("data") if isinstance(data, Mapping) else None
    if isinstance(members, list) and note.get("list", bool(endpoint and endpoint.items)):
        return "list", members
    return "reply", [data]


def _noted(note: Mapping[str, Json], count: int) -> list[str] | None:
    document = note.get("document")
    if document is None:
        return typed.said(note, count)
    answer = document.get("response") if isinstance(document, Mapping) else None
    items = answer.get("body") if isinstance(answer, Mapping) else None
    names = typed.names_in(items if isinstance(items, list) else [items])
    return names if len(names) == count and any(names) else None


def _tabled(endpoint: Endpoint | None, values: list[Json], form: str) -> list[str]:
    if endpoint is None:
        return [""] * len(values)
    if form == "list":
        return [endpoint.items] * len(values)
    return [type_name(endpoint, value, streamed=form == "stream") for value in values]


def _build(name: str, data: Json) -> Any:
    kind = _load(name)
    top = name.partition(".")[0]
    if top in ("openai", "anthropic"):
        # What the client does with every answer: no validation, unknown keys kept, nested models built.
        models = importlib.import_module(f"{top}._models")
        return models.construct_type(type_=kind, value=data)
    if top == "google":
        return kind.model_validate(data)
    # ollama and litellm call the class.
    return kind(**data)


def _load(name: str) -> Any:
    if name not in KNOWN_TYPES:
        raise TypeNameError(f"{name!r} is on no list of ours, so it is not imported")
    top = name.partition(".")[0]
    distribution = dict(SDKS).get(top)
    if distribution is None:
        raise TypeNameError(f"{name!r} is known, but belongs to no SDK that llmvcr imports")
    try:
        # Asked first, so that a file in the working folder that has an absent SDK's name is not run.
        importlib.metadata.distribution(distribution)
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)
    except importlib.metadata.PackageNotFoundError as error:
        raise TypeNameError(
            f"{name!r} needs the package {distribution}, which is not installed: pip install {distribution}"
        ) from error
    except (ImportError, AttributeError) as error:
        raise TypeNameError(
            f"the installed {distribution} has no {name!r}: pip install --upgrade {distribution}"
        ) from error


def _endpoint(request: Request) -> Endpoint | None:
    body = bodies.read(request.body, header(request.headers, "content-type"))
    found = find(request.method, request.url, body.keys)
    return found[1] if found else None


def _event(text: str) -> Json:
    try:
        return json.loads(watched(text))
    except (ValueError, RecursionError):
        # A stream that was cut ends in half an event.
        return None


def _decoded(response: Response) -> bytes:
    body = response.body
    encoding = (header(response.headers, "content-encoding") or "").strip().lower()
    plain = codecs.plain(body, encoding)
    if plain is not body or encoding in _READ_AS_THEY_ARE or body.isascii() or sniff(body):
        return plain
    raise LlmvcrError(
        f"the answer is stored with content-encoding {encoding!r}, which cannot be opened: no library for it is "
        "installed, or the body is damaged or too large"
    )
