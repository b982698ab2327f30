"""HTTP, and a note of what HTTP does not say, to a recording as llama-stack writes it.

The note stands as `recording` under our key in every format. It holds what cannot be had from the HTTP: the URL and
endpoint as llama-stack spelt them, test id, types, padding nulls by shape (see `shapes`), keyword arguments that are no
JSON, an exception's words. It is made by `noted`, which proves it: `stated` with this note gives the same document.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from llmvcr.formats import failures, shapes, spelling, typed
from llmvcr.formats.rebuild import KWARGS, LISTS, kind_of, merged
from llmvcr.interaction import Json, Request, Response
from llmvcr.providers.base import Endpoint, Provider

__all__ = ["endpoint_of", "filed", "noted", "stated"]

_ERROR = 400
_TOP = ("test_id", "id_normalization_mapping")


def filed(request: Request, known: tuple[Provider, Endpoint] | None = None) -> tuple[str, str]:
    """Give URL and endpoint as llama-stack writes them: base URL plus endpoint, "/v1" doubled where the base has it.

    `known` is what `typed.found` gives, for whoever has asked that already.
    """
    try:
        parts = urlsplit(request.url)
    except ValueError:  # no URL at all
        return request.url, ""
    known = known or typed.found(request)
    if known is None:
        return request.url, parts.path
    base, endpoint = _parted(parts.path, known[1])
    return urlunsplit(parts._replace(path=base + endpoint, query="", fragment="")), endpoint


def endpoint_of(request: Request, known: tuple[Provider, Endpoint] | None) -> str:
    """Give the endpoint as `filed` does; `known` is what `typed.found` gives, also where that is None."""
    path = typed.path_of(request.url)
    return path if known is None else _parted(path, known[1])[1]


def _parted(path: str, known: Endpoint) -> tuple[str, str]:
    length = len(known.path.strip("/").split("/"))
    words = path.rstrip("/").split("/")
    tail = "/" + "/".join(words[-length:])
    base = "/".join(words).removesuffix(tail)
    return base, f"/v1{tail}" if base.endswith("/v1") else tail


def stated(request: Request, response: Response, note: Mapping[str, Json], *, strict: bool = False) -> dict[str, Json]:
    """State a call as a recording; ValueError where the note makes no sense.

    Without a note it is what llama-stack's newest recorder would have written. `strict` says that there is no place
    for bytes, so that a JSON body is told by its value however it is spelt.
    """
    if isinstance(whole := note.get("document"), dict):
        return whole
    fresh = not note.keys() & {"url", "kind"}
    recording: dict[str, Json] = {"test_id": note.get("test_id")} if "test_id" in note or fresh else {}
    recording["request"] = _request(request, note)
    if note.get("kind") in ("tool", "http", "file_processor") and "test_id" in note:
        recording["request"] = {"test_id": note["test_id"], **recording["request"]}
    recording["response"] = _response(request, response, note, strict=strict)
    if "id_normalization_mapping" in note or fresh:
        recording["id_normalization_mapping"] = note.get("id_normalization_mapping", {})
    return recording


def _request(request: Request, note: Mapping[str, Json]) -> dict[str, Json]:
    body = typed.lenient(request.body)
    match note.get("kind", "inference"):
        case "http":
            return {"url": request.url, "method": request.method, "payload": body}
        case "tool":
            return {"provider": note.get("provider"), "tool_name": note.get("tool_name"), "kwargs": body}
        case "file_processor":
            file_id = body.get("file_id") if isinstance(body, dict) else None
            return {"provider": note.get("provider"), "api": note.get("api"), "file_id": file_id}
        case "inference":
            pass
        case other:
            raise ValueError(f"there is no kind of recording {other!r}")
    url, endpoint = filed(request)
    if body is None and request.method == "GET" and endpoint.endswith(LISTS):
        body = {}
    kwargs = note["body"] if "body" in note else _kwargs(body, note.get("kwargs", {}))
    model = note["model"] if "model" in note else kwargs.get("model") if isinstance(kwargs, dict) else None
    said: dict[str, Json] = {
        "method": note.get("method", "POST"),
        "url": note.get("url", url),
        "headers": {},
        "body": kwargs,
        "endpoint": note.get("endpoint", endpoint),
        "model": model if isinstance(model, str) else "",
    }
    return said | ({"provider_metadata": note["provider_metadata"]} if "provider_metadata" in note else {})


def _kwargs(body: Json, told: Json) -> Json:
    """Take the keyword arguments out of the JSON: {name: [position, value]}, for extra_body the keys that went in."""
    if not isinstance(told, dict) or not told:
        return body
    if not isinstance(body, dict):
        raise ValueError("kwargs are told, but the request's body is no object")  # noqa: TRY004
    extra: dict[str, Json] = {}
    places: dict[str, tuple[int, Json]] = {}
    for name, where in told.items():
        match where:
            case [int(place), list(keys)] if name == "extra_body":
                extra = {key: body[key] for key in keys if isinstance(key, str) and key in body}
                places[name] = place, extra
            case [int(place), value]:
                places[name] = place, value
            case _:
                raise ValueError(f"kwargs.{name} is not [position, value]")
    items = [(key, value) for key, value in body.items() if key not in extra]
    for name, (place, value) in sorted(places.items(), key=lambda item: item[1][0]):
        items.insert(place, (name, value))
    return dict(items)


def _response(request: Request, response: Response, note: Mapping[str, Json], *, strict: bool) -> dict[str, Json]:
    known = typed.found(request) if "type" not in note and "types" not in note else None
    if note.get("lines"):
        return {"body": response.body.decode().split("\n")[:-1], "is_streaming": True}
    failed: dict[str, Json] = {}
    if "exception" in note or (response.status >= _ERROR and note.get("kind") != "http"):
        # The SDK that raised it: whoever speaks OpenAI's API is asked through OpenAI's.
        sdk = known[1].reply.partition(".")[0] or known[0].name if known else "unknown"
        name = "openai" if "exception" in note else sdk
        failed = failures.stated(response, name)
        failed |= note["exception"] if isinstance(note.get("exception"), dict) else {}
        if not failed.get("is_streaming"):
            return failed
    members = note.get("list", bool(known and known[1].items and not note.keys() & {"url", "kind"}))
    spelt = spelling.spell(response.body, members=members is True, stream=spelling.is_lines(response.headers))
    spelt = spelling.loose(response.body, spelt) if strict else spelt
    values = list(spelt.values[:-1] if failed else spelt.values)
    names = typed.said(note, len(values)) or typed.names(known[1] if known else None, values, spelt.form)
    if "shapes" in note:
        values = [shapes.pad(value, told) for value, told in zip(values, _told(note, len(values)), strict=True)]
    items = [typed.wrap(value, name) for value, name in zip(values, names, strict=True)]
    body: Json = items if spelt.form in ("stream", "list") else items[0] if items else None
    status: dict[str, Json] = {"status": response.status} if note.get("status") else {}
    streaming = note.get("is_streaming", spelt.form == "stream")
    return {**status, "body": body, "is_streaming": streaming} | ({**failed, "body": body} if failed else {})


def _told(note: Mapping[str, Json], count: int) -> list[Json]:
    """Give the shape of each event: `shapes[0]` but for those that `shape_of` names."""
    kinds, others = note.get("shapes"), note.get("shape_of", {})
    if not isinstance(kinds, list) or not kinds or not isinstance(others, dict):
        raise ValueError("shapes are no list, or shape_of no object")
    places = [others.get(str(number), 0) for number in range(count)]
    if not all(type(place) is int and 0 <= place < len(kinds) for place in places):
        raise ValueError("shape_of names a shape that is not there")
    return [kinds[place] for place in places]


def noted(recording: dict[str, Json], request: Request, response: Response) -> dict[str, Json]:
    """Give the note that gives this recording back from its HTTP; the recording itself where nothing less does."""
    exact = json.dumps(recording)
    try:
        note = _note(recording, request, response)
        if json.dumps(stated(request, response, note)) == exact:
            return note
    except (ValueError, TypeError, LookupError):
        pass  # not a recording as llama-stack writes them: only the whole of it will do
    return {"document": recording}


def _note(recording: dict[str, Json], request: Request, response: Response) -> dict[str, Json]:
    said, answer = recording["request"], recording["response"]
    note: dict[str, Json] = {}
    kind = kind_of(said)
    if kind == "inference":
        kwargs = said.get("body")
        note |= {"url": said["url"], "endpoint": said["endpoint"]}
        note |= {} if said["method"] == "POST" else {"method": said["method"]}
        model = kwargs.get("model") if isinstance(kwargs, dict) else None
        note |= {} if said["model"] == (model or "") else {"model": said["model"]}
        note |= {"provider_metadata": said["provider_metadata"]} if "provider_metadata" in said else {}
        if isinstance(kwargs, dict) and (told := _told_kwargs(kwargs)):
            lost = merged(kwargs) != {**kwargs, **(kwargs.get("extra_body") or {})} and "extra_body" in kwargs
            note |= {"body": kwargs} if lost and not _undone(kwargs, told) else {"kwargs": told}
        elif kwargs != {} and request.body is None:
            note |= {"body": kwargs}
    else:
        note |= {"kind": kind} | {key: said[key] for key in ("provider", "tool_name", "api") if key in said}
    note |= {key: recording[key] for key in _TOP if key in recording}
    if "status" in answer:
        note["status"] = True
    body = answer.get("body")
    if answer.get("is_exception"):
        derived = failures.stated(response, "openai")
        note["exception"] = {key: value for key, value in answer.items() if derived.get(key) != value and key != "body"}
    if isinstance(body, list) and body and isinstance(body[0], str):
        note["lines"] = True
    elif body is not None:
        items = body if isinstance(body, list) else [body]
        note |= typed.described(typed.names_in(items)) or {"type": ""}
        listed = isinstance(body, list) and request.method == "GET"
        note |= {"list": True} if listed or (isinstance(body, list) and not answer["is_streaming"]) else {}
        if answer["is_streaming"] and listed:
            note["is_streaming"] = True  # said of a list of models, which never is a stream
        elif answer["is_streaming"]:
            note |= _shapes([typed.data_of(item) for item in items], response)
    return note


def _told_kwargs(kwargs: dict[str, Json]) -> dict[str, Json]:
    told: dict[str, Json] = {}
    for place, name in enumerate(kwargs):
        if name in KWARGS:
            value = kwargs[name]
            told[name] = [place, list(value) if name == "extra_body" and isinstance(value, dict) else value]
    return told


def _undone(kwargs: dict[str, Json], told: dict[str, Json]) -> bool:
    return json.dumps(_kwargs(merged(kwargs), told)) == json.dumps(kwargs)


def _shapes(padded: Sequence[Json], response: Response) -> dict[str, Json]:
    bare = spelling.spell(response.body, stream=spelling.is_lines(response.headers)).values
    texts = [json.dumps(shapes.shape(one, other)) for one, other in zip(padded, bare, strict=False)]
    kinds = [text for text, _ in Counter(texts).most_common()]
    if not kinds or kinds == ["{}"]:
        return {}
    others = {str(number): kinds.index(text) for number, text in enumerate(texts) if text != kinds[0]}
    return {"shapes": [json.loads(text) for text in kinds]} | ({"shape_of": others} if others else {})
