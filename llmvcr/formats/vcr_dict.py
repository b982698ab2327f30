"""One interaction as vcrpy's dict and back, for both of vcrpy's formats and for vcrpy itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from llmvcr.formats import extra, vintage
from llmvcr.interaction import Headers, Interaction, Json, Request, Response

__all__ = ["from_interaction", "grouped", "plain", "to_interaction"]

_KNOWN = {
    "interaction": frozenset({"request", "response"}),
    "request": frozenset({"method", "uri", "body", "headers", "parsed_body"}),
    "response": frozenset({"body", "headers", "status", "parsed_body", "status_code", "content", extra.KEY}),
}
_PARTS = {"body": frozenset({"string", "base64_string"}), "status": frozenset({"code", "message"})}


def to_interaction(dct: Json, *, path: str, number: int | None = None) -> Interaction:
    """Make an Interaction of {"request": {…}, "response": {…}}, in any shape that vcrpy's files have had.

    `number` is its position in the file, for messages. Keys that nobody knows come back in `unknown`, by where they
    stood. Raises ReadError naming the place of what is missing or has the wrong shape.
    """
    where = vintage.Where(path, number, "")
    if not isinstance(dct, Mapping):
        where.fail("is no mapping of request and response")
    asked, answered = _part(dct, "request", where), _part(dct, "response", where)
    more = extra.unpack(answered.get(extra.KEY), path=path, interaction=number)
    request = _request(asked, where / "request", more)
    code, reason = vintage.status(answered, where / "response")
    lines = vintage.headers(answered.get("headers"), where / "response" / "headers")
    body = vintage.response_body(answered, where / "response")
    if "body" in more.more:
        body = vintage.decoded(more.more["body"], where / "response" / extra.KEY / "body")
    lines = _whole(lines, more.response_headers)
    if more is extra.NOTHING:  # to alter a response takes as long as all else that is done here
        response = Response(code, reason, lines, extra.cut(body, None))
    else:
        response = more.put(Response(code, reason, lines), body)
    return Interaction(request, response, more.recorded_at, more.notes, _unknown(dct, asked, answered, more))


def from_interaction(
    interaction: Interaction, *, strict: bool = False, in_place: bool = True, binary: bool = True
) -> dict[str, Json]:
    """Return vcrpy's dict of an interaction, keys in the order in which vcrpy's YAML sorts them.

    Bodies are str where they decode as UTF-8, else bytes; header values are lists. What vcrpy cannot say stands under
    `response.llmvcr`; with `strict` it is left out. Unknown keys stand where they stood, unless vcrpy would choke on
    them there (those of a request) or `in_place` is False, which keeps them through vcrpy's own hands. Without
    `binary` (JSON) a body that is no UTF-8 is written as "" with its base64 under the extra key.
    """
    asked, answered = interaction.request, interaction.response
    asked_headers, answered_headers = grouped(asked.headers), grouped(answered.headers)
    request_body = None if asked.body is None else _text(asked.body)
    response_body = _text(answered.body)
    facts: dict[str, Json] = {}
    if not binary and isinstance(request_body, bytes):
        facts["request"] = {"body": base64.b64encode(request_body).decode()}
        request_body = ""
    if not binary and isinstance(response_body, bytes):
        facts["body"] = base64.b64encode(response_body).decode()
        response_body = ""
    placed, left = _placed(interaction.unknown if in_place else {}, interaction.unknown)
    packed = extra.pack(
        interaction,
        request_headers=_ungrouped(asked_headers) != asked.headers,
        response_headers=_ungrouped(answered_headers) != answered.headers,
        unknown=left,
        **facts,
    )
    response: dict[str, Json] = {"body": {"string": response_body}, "headers": answered_headers}
    if packed and not strict:
        response[extra.KEY] = packed
    response["status"] = {"code": answered.status, "message": answered.reason}
    request = {"body": request_body, "headers": asked_headers, "method": asked.method, "uri": asked.url}
    if strict:
        return {"request": request, "response": response}
    return {"request": request, "response": response | placed["response"], **placed["interaction"]}


def grouped(headers: Headers) -> dict[str, list[str]]:
    """Return {name: [values]}, names in order of first appearance and in their own spelling."""
    groups: dict[str, list[str]] = {}
    for name, value in headers:
        groups.setdefault(name, []).append(value)
    return groups


def _ungrouped(groups: Mapping[str, list[str]]) -> Headers:
    return tuple((name, value) for name, values in groups.items() for value in values)


def _part(dct: Mapping[str, Json], name: str, where: vintage.Where) -> Mapping[str, Json]:
    if name not in dct:
        (where / name).missing()
    part: Mapping[str, Json] | None = dct[name]
    if part is None:
        (where / name).missing()
    if not isinstance(part, Mapping):
        (where / name).fail("is no mapping")
    return part


def _request(asked: Mapping[str, Json], where: vintage.Where, more: extra.Extra) -> Request:
    for name in ("method", "uri"):
        if name not in asked:
            (where / name).missing()
        if not isinstance(asked[name], str):
            (where / name).fail("is no text")
    lines = vintage.headers(asked.get("headers"), where / "headers")
    body = vintage.request_body(asked, where)
    facts = more.more.get("request")
    if isinstance(facts, Mapping) and "body" in facts:
        place = vintage.Where(where.path, where.number, f"response.{extra.KEY}.request.body")
        body = vintage.decoded(facts["body"], place)
    return Request(asked["method"], asked["uri"], _whole(lines, more.request_headers), body)


def _whole(lines: Headers, kept: Headers | None) -> Headers:
    # Whoever edits the headers in the file means it: then the order that was kept beside them is void.
    return kept if kept is not None and sorted(kept) == sorted(lines) else lines


def _unknown(dct: Json, asked: Json, answered: Json, more: extra.Extra) -> dict[str, Json]:
    found: dict[str, Json] = dict(more.unknown)
    for place, part in (("interaction", dct), ("request", asked), ("response", answered)):
        keys: dict[str, Json] = {}
        if not part.keys() <= _KNOWN[place]:
            keys = {str(key): plain(value) for key, value in part.items() if key not in _KNOWN[place]}
        if place == "response":
            for name, known in _PARTS.items():
                held = part.get(name)
                if isinstance(held, Mapping) and (rest := {k: plain(v) for k, v in held.items() if k not in known}):
                    keys[name] = rest
        if keys:
            kept = found.get(place)
            found[place] = keys | kept if isinstance(kept, dict) else keys
    return found


def _placed(
    wanted: Mapping[str, Json], unknown: Mapping[str, Json]
) -> tuple[dict[str, dict[str, Json]], dict[str, Json]]:
    """Split unknown keys into those that can stand where they stood, and the rest."""
    placed: dict[str, dict[str, Json]] = {"interaction": {}, "response": {}}
    left = dict(unknown)
    for place, keys in placed.items():
        held = wanted.get(place)
        if isinstance(held, Mapping):
            keys.update({key: value for key, value in held.items() if key not in _KNOWN[place]})
            left[place] = {key: value for key, value in held.items() if key not in keys}
            if not left[place]:
                del left[place]
    return placed, left


def _text(body: bytes) -> str | bytes:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def plain(value: Json) -> Json:
    """Return a value that JSON can hold: bytes, which only YAML has, as text or as {"base64": …}."""
    if isinstance(value, bytes):
        text = _text(value)
        return text if isinstance(text, str) else {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    return [plain(held) for held in value] if isinstance(value, list | tuple) else value
