r"""One bare recording a file, as llama-stack (OGX) writes it and reads it.

On disk: `json.dumps(indent=2)` with ASCII escapes and "\n"; one object {test_id, request, response,
id_normalization_mapping}. The request is what the SDK was called with, and its URL has "/v1" twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import beyond, extra, items, rendering, spelling, typed
from llmvcr.formats.base import Document
from llmvcr.formats.checks import Checker, loaded
from llmvcr.formats.rebuild import rebuilt
from llmvcr.formats.restate import stated
from llmvcr.interaction import Interaction, Json, Request, Response

__all__ = ["RECORDING", "Recording", "losses", "recording_of", "text_of"]

_LAYOUT = "layout"


@dataclass(frozen=True, slots=True)
class Recording:
    """The format of one bare recording; equal requests are answered without limit."""

    name: str = "recordings"
    suffix: str = ".json"

    def claims(self, data: bytes) -> bool:
        """Say whether the content looks like one bare recording."""
        head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
        if head[:1] != b"{" or b'"interactions"' in head[:4096]:
            return False
        return b'"request"' in head and b'"response"' in head

    def read(self, data: bytes, *, path: str) -> Document:
        """Read one recording; raises ReadError, with the place, for anything that is none."""
        item = loaded(data, path=path)
        try:
            found = items.read(item, path=path, number=None, cassette=False)
            text = data.decode()
            if extra.KEY not in item["response"] and (layout := _layout(item, text)):
                note = items.note_of(found) | {_LAYOUT: layout}
                found = replace(found, notes={**found.notes, items.NOTE: note})
        except RecursionError as error:
            raise ReadError(path, "is nested too deep") from error
        return Document((found,), repeats=True)

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:
        """Write the one interaction of a document; raises WriteError where it has more or fewer."""
        if len(document.interactions) != 1:
            reason = f"one recording holds one interaction, not {len(document.interactions)}"
            raise WriteError(path, reason, fix="write a folder of recordings")
        interaction = document.interactions[0]
        try:
            return text_of(recording_of(interaction, strict=strict), interaction).encode()
        except (RecursionError, TypeError, ValueError) as error:
            raise WriteError(path, f"cannot be written as JSON: {error}", interaction=0) from error


RECORDING = Recording()


def _layout(item: Json, text: str) -> Json:
    """Tell the edits that lay a file out as it is, where that is not by indent=2; nothing if they are too many."""
    found = rendering.edits(json.dumps(item, indent=2) + "\n", text)
    return found if found and rendering.weight(found) < len(text) // 4 else None


def text_of(recording: dict[str, Json], interaction: Interaction) -> str:
    """Give the text of a recording's file: indent=2, but for the spots where the file it came from was otherwise."""
    text = json.dumps(recording, indent=2) + "\n"
    layout = items.note_of(interaction).get(_LAYOUT)
    if layout is None or extra.KEY in recording["response"]:
        return text
    try:
        edited = rendering.apply(text, layout)
        return edited if json.loads(edited) == recording else text
    except ValueError:
        return text  # the interaction was changed since, and the layout no longer fits


def recording_of(interaction: Interaction, *, test_id: str | None = None, strict: bool = False) -> dict[str, Json]:
    """Give the recording that llama-stack would have written: the one it was read from, if it was read from one.

    `test_id` replaces the one that it has. What HTTP says beyond a recording stands under our key unless `strict`.
    """
    request, response = interaction.request, interaction.response
    note = {key: value for key, value in items.note_of(interaction).items() if key != _LAYOUT}
    recording, base, used = _stated(request, response, note, strict=strict)
    if test_id is not None:
        recording = {"test_id": test_id, **recording}
        recording["test_id"] = test_id
        if "test_id" in recording["request"]:
            recording["request"] = {**recording["request"], "test_id": test_id}
    recording = {**recording, "request": dict(recording["request"]), "response": dict(recording["response"])}
    if strict:
        return recording
    left = beyond.put_unknown(recording, interaction.unknown)
    recording = _ordered(recording, note.get("order"))
    kept = {name: value for name, value in interaction.notes.items() if name != items.NOTE or not used}
    packed = extra.pack(
        replace(interaction, notes=kept),
        request_headers=request.headers != base[0].headers,
        response_headers=response.headers != base[1].headers and beyond.grouped(response.headers) is None,
        unknown=left,
        **_more(request, response, base, recording["response"]),
    )
    if packed:
        recording["response"][extra.KEY] = packed
    return recording


def _ordered(recording: dict[str, Json], order: Json) -> dict[str, Json]:
    """Put the keys back in the order that a file had them in; those that it had not come last."""
    if not isinstance(order, dict):
        return recording
    for place in extra.PLACES:
        keys, target = order.get(place), recording if place == "interaction" else recording[place]
        if isinstance(keys, list):
            first = {key: target[key] for key in keys if isinstance(key, str) and key in target}
            recording = {**first, **target} if place == "interaction" else {**recording, place: {**first, **target}}
    return recording


def _stated(
    request: Request, response: Response, note: dict[str, Json], *, strict: bool
) -> tuple[dict[str, Json], tuple[Request, Response], bool]:
    """State the call by its note; without it where the note no longer fits, since the HTTP is the truth."""
    try:
        recording = stated(request, response, note, strict=strict)
        Checker("").recording(recording)
        base = rebuilt(recording)
        if note and _fits(base, request, response):
            return recording, base, True
    except (ReadError, ValueError, TypeError, LookupError):
        pass  # the note was edited by a person, or is not ours
    recording = stated(request, response, {}, strict=strict)
    return recording, rebuilt(recording), not note


def _fits(base: tuple[Request, Response], request: Request, response: Response) -> bool:
    """Say whether what a recording rebuilds is this call, however the JSON of its bodies is spelt."""
    if (base[0].method, base[0].url) != (request.method, request.url):
        return False
    pairs = ((base[0].body or b"", request.body or b"", False), (base[1].body, response.body, True))
    for mine, real, answered in pairs:
        if mine != real:
            streamed = answered and spelling.is_lines(response.headers)
            one, other = (spelling.spell(body, stream=streamed) for body in (mine, real))
            if not one.values or json.dumps([one.form, one.values]) != json.dumps([other.form, other.values]):
                return False
    return True


def _more(
    request: Request, response: Response, base: tuple[Request, Response], said: dict[str, Json]
) -> dict[str, Json]:
    """Give what the HTTP says and the recording does not."""
    sent: dict[str, Json] = {}
    sent |= {"method": request.method} if request.method != base[0].method else {}
    sent |= {"url": request.url} if request.url != base[0].url else {}
    if request.body != base[0].body:
        sent |= beyond.spelt_request(request.body) or {"rendering": "compact"}
    more: dict[str, Json] = {"request": sent} if sent else {}
    more |= {"status": response.status} if response.status != base[1].status else {}
    more |= {"reason": response.reason} if response.reason != base[1].reason else {}
    if response.headers != base[1].headers and (headers := beyond.grouped(response.headers)) is not None:
        more["headers"] = headers
    if response.body != base[1].body:
        more["body"] = _spelt(response, said)
    return more


def _spelt(response: Response, said: dict[str, Json]) -> Json:
    """Say how the answer's body is spelt, beside the items that the recording shows of it."""
    body = said["body"]
    members = isinstance(body, list) and not said["is_streaming"]
    how = spelling.spell(response.body, members=members, stream=spelling.is_lines(response.headers)).how
    shown = body if isinstance(body, list) and spelling.is_many(how) else [body]
    try:
        if spelling.unspell(how, [typed.data_of(item) for item in shown]) == response.body:
            return how
    except ValueError:
        pass  # the recording shows an exception, or nothing
    return spelling.raw(response.body)


def losses(interaction: Interaction) -> tuple[str, ...]:
    """Say in plain words what a strict recording would give up of this interaction."""
    data = RECORDING.write(Document((interaction,)), path="", strict=True)
    return beyond.lost(interaction, RECORDING.read(data, path="").interactions[0])
