"""One recording of a typed document to an Interaction: what cassettes and bare recordings share when they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from llmvcr.formats import extra, spelling, typed
from llmvcr.formats.checks import Checker
from llmvcr.formats.failures import phrase
from llmvcr.formats.rebuild import headers_of, rebuilt
from llmvcr.formats.restate import filed, noted, stated
from llmvcr.interaction import Interaction, Json, Request, Response

__all__ = ["KNOWN", "NOTE", "begun", "note_of", "read"]

NOTE = "recording"
"""The name of the note that says how a recording spelt what HTTP does not say."""

KNOWN: Mapping[str, frozenset[str]] = {
    "interaction": frozenset({"test_id", "request", "response", "id_normalization_mapping"}),
    "request": frozenset(
        {"method", "url", "headers", "body", "endpoint", "model", "provider_metadata", "test_id", "payload"}
        | {"provider", "tool_name", "kwargs", "api", "file_id"}
    ),
    "response": frozenset(
        {"body", "is_streaming", "status", "is_exception", "exception_data", "exception_message", extra.KEY}
    ),
}
"""Keys of a recording that have a meaning, by place; others are kept as unknown ones."""

_FILED = ("url", "endpoint", "model", "method", "body", "kwargs")
_TYPED = ("type", "types", "type_of")
_PARTS = frozenset({"request", "response"})
_ASKED = frozenset({"method", "url", "headers", "body", "endpoint", "model"})
_ANSWER = frozenset({"body", "is_streaming"})


def note_of(interaction: Interaction) -> dict[str, Json]:
    """Give the note on the recording that an interaction came from; empty where there is none, or it is no object."""
    note = interaction.notes.get(NOTE)
    return dict(note) if isinstance(note, Mapping) else {}


def read(item: Json, *, path: str, number: int | None, cassette: bool) -> Interaction:
    """Read one recording: of a cassette, where URL, method and body stand as they were sent, or a bare one.

    Raises ReadError, naming the place.
    """
    check = Checker(path, number)
    check.recording(item)
    plain, unknown = _sifted(item)
    more = extra.unpack(item["response"].get(extra.KEY), path=path, interaction=number)
    whole = _without_body(plain) if _says_all(plain, more) else plain
    base = rebuilt(whole, as_sent=cassette and (bool(more.more) or not _is_doubled(plain["request"])))
    request, response = _request(check, plain, more, base[0]), _response(check, plain, more, base[1])
    notes = dict(more.notes)
    if cassette:
        note = _cassette_note(plain, request, response, notes.get(NOTE), as_written=_says_all(plain, more))
    elif NOTE in notes or (more.more and _same(stated(request, response, {}), plain)):
        note = notes.get(NOTE)
    else:
        note = noted(plain, request, response) | _order(item, unknown)
    if note:
        notes[NOTE] = note
    for place, keys in more.unknown.items():
        mine = unknown.get(place)
        unknown[place] = {**keys, **mine} if isinstance(keys, dict) and isinstance(mine, dict) else keys
    return Interaction(request, more.put(response, response.body), more.recorded_at, notes, unknown)


def begun(item: Json, *, path: str, number: int | None) -> tuple[Request, Response]:
    """Read one recording of a cassette but for the body of its answer, which may stand there as None.

    Gives the request, and the answer without body and times; all that can be wrong with them is found. Raises
    ReadError, naming the place.
    """
    check = Checker(path, number)
    check.recording(item)
    plain, _ = _sifted(item)
    more = extra.unpack(item["response"].get(extra.KEY), path=path, interaction=number)
    asked, answered = rebuilt(plain, as_sent=bool(more.more) or not _is_doubled(plain["request"]))
    own = {name: value for name, value in more.more.items() if name != "body"}
    response = _response(check, plain, replace(more, more=own), answered)
    return _request(check, plain, more, asked), replace(response, chunks=(), **more.said)


def _says_all(plain: dict[str, Json], more: extra.Extra) -> bool:
    """Say whether our key tells how the body is spelt and which headers came, as it does where we wrote it all."""
    how = more.more.get("body")
    told = isinstance(how, str) or (isinstance(how, dict) and "rendering" in how)
    return told and "headers" in more.more and plain["response"].keys() == _ANSWER


def _without_body(plain: dict[str, Json]) -> dict[str, Json]:
    return {**plain, "response": {**plain["response"], "body": None}}


def _is_doubled(said: dict[str, Json]) -> bool:
    """Say whether a recording that stands in a cassette came there as llama-stack wrote it, put in by a person."""
    endpoint = said.get("endpoint") or ""
    return endpoint.startswith("/v1/") and str(said.get("url", "")).endswith(f"/v1{endpoint}")


def _order(item: dict[str, Json], unknown: dict[str, Json]) -> dict[str, Json]:
    """Tell the order of keys where unknown ones do not come last, as they are written otherwise."""
    order = {}
    for place, strange in unknown.items():
        keys = [key for key in (item if place == "interaction" else item[place]) if key != extra.KEY]
        if keys[len(keys) - len(strange) :] != list(strange):
            order[place] = keys
    return {"order": order} if order else {}


def _same(one: Json, other: Json) -> bool:
    return json.dumps(one) == json.dumps(other)


def _sifted(item: dict[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Part what a recording says from keys that nobody knows."""
    unknown: dict[str, Json] = {}
    parts: dict[str, dict[str, Json]] = {}
    for place, known in KNOWN.items():
        source = item if place == "interaction" else item[place]
        if strange := {key: value for key, value in source.items() if key not in known}:
            unknown[place] = strange
        parts[place] = {key: value for key, value in source.items() if key in known and key != extra.KEY}
    return {key: parts.get(key, value) for key, value in parts["interaction"].items()}, unknown


def _request(check: Checker, plain: dict[str, Json], more: extra.Extra, base: Request) -> Request:
    """Put what stands under our key in the place of what was rebuilt."""
    place = f"response.{extra.KEY}.request"
    check.need(dict(more.more), f"response.{extra.KEY}", "request", dict, optional=True)
    sent = more.more.get("request") or {}
    check.need(sent, place, "url", str, optional=True)
    check.need(sent, place, "method", str, optional=True)
    body = base.body
    if sent.keys() & {"text", "base64", "rendering", "edits"}:
        words = f"json {sent.get('rendering', 'compact')}"
        how = sent if sent.keys() & {"text", "base64"} else {**sent, "rendering": words}
        body = _unspelt(check, place, how, [plain["request"].get("body")])
    headers = base.headers if more.request_headers is None else more.request_headers
    # Null counts as absent, as everywhere.
    method, url = sent.get("method"), sent.get("url")
    return Request(base.method if method is None else method, base.url if url is None else url, headers, body)


def _response(check: Checker, plain: dict[str, Json], more: extra.Extra, base: Response) -> Response:
    """Put what stands under our key in the place of what was rebuilt."""
    place = f"response.{extra.KEY}"
    own = {name: value for name, value in more.more.items() if value is not None or name == "body"}
    for name, kind in (("status", int), ("reason", str), ("headers", dict)):
        check.need(own, place, name, kind, optional=True)
    headers = base.headers if more.response_headers is None else more.response_headers
    if "headers" in own:
        check.headers(own["headers"], f"{place}.headers")
        headers = headers_of(own["headers"])
    status = own.get("status", base.status)
    reason = own.get("reason", base.reason if status == base.status else phrase(status))
    chunks = base.chunks
    if "body" in own:
        body = plain["response"]["body"]
        items = body if isinstance(body, list) and spelling.is_many(own["body"]) else [body]
        chunks = (_unspelt(check, f"{place}.body", own["body"], [typed.data_of(item) for item in items]),)
    return Response(status, reason, headers, chunks)


def _unspelt(check: Checker, place: str, how: Json, values: list[Json]) -> bytes:
    try:
        return spelling.unspell(how, values)
    except (ValueError, RecursionError) as error:
        raise check.wrong(place, str(error)) from error


def _streams(response: Response) -> bool:
    return spelling.spell(response.body, stream=spelling.is_lines(response.headers)).form == "stream"


def _cassette_note(
    plain: dict[str, Json], request: Request, response: Response, told: Json, *, as_written: bool
) -> Json:
    """Make the note of a recording in a cassette: what its HTTP and the tables do not say.

    Where the file has such a note, only names of types that a person has changed since go into it. `as_written` says
    that the bytes of the answer were made of the values in the file, as it is where we wrote it.
    """
    body = plain["response"]["body"]
    many = isinstance(body, list) and (plain["response"].get("is_streaming") or all(map(typed.is_typed, body)))
    names = typed.names_in(body if many else [body])
    if told is not None and not isinstance(told, dict):
        return told
    if told is not None:
        if "document" in told or typed.said(told, len(names)) in (names, None):
            return told
        return {key: value for key, value in told.items() if key not in _TYPED} | typed.described(names)
    known = typed.found(request)
    form = "list" if many and not plain["response"].get("is_streaming") else "stream" if many else "reply"
    values = [typed.data_of(item) for item in (body if many else [body])]
    derived = typed.names(known[1] if known else None, values, form)
    usual = names == (derived if response.status < 400 else [""] * len(names)) or body is None
    said = plain["request"]
    note: dict[str, Json] = {}
    if not (usual and as_written and plain.keys() == _PARTS and said.keys() == _ASKED and request.method != "GET"):
        # This takes ten times as long as all the rest. In the other case it finds nothing beyond HTTP and the tables.
        note = noted(plain, request, response)
        note = typed.described(names) if "document" in note else note
    for key in (*_FILED, *((*_TYPED, "list") if usual else ())):
        note.pop(key, None)
    if "endpoint" in said and said["endpoint"] != filed(request, known)[1]:
        note["endpoint"] = said["endpoint"]
    if note.get("is_streaming") is True and _streams(response):
        note.pop("is_streaming")  # its bytes say so; `noted` tells it of any list that a GET got
    if note.get("status") is True and note.get("kind") is None:
        note.pop("status")
    return note
