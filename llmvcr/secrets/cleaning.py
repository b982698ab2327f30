"""An interaction with placeholders in the place of its secrets, its lengths right, its chunks cut where they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llmvcr.interaction import Headers, Interaction, Json, Request, Response
from llmvcr.secrets import payloads
from llmvcr.secrets.edits import applied, edits
from llmvcr.secrets.payloads import Payload
from llmvcr.secrets.placeholders import StandIn
from llmvcr.secrets.places import Asked, Looked, framed
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.texts import Scan, scan
from llmvcr.secrets.threads import changes, threads

__all__ = ["Cleaner"]


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Cleans what was looked through; `values` (see `places.values`) go wherever they stand. For one interaction.

    `told` gathers (place, kind) of what was replaced. What holds no secret is given back as the same object.
    """

    rules: Rules
    values: Mapping[str, StandIn] = field(repr=False)
    told: list[tuple[str, str]] = field(default_factory=list)

    def interaction(self, before: Interaction, looked: Looked) -> Interaction:
        """Clean an interaction."""
        request = self.request(before.request, looked.asked)
        response = self._response(before.response, looked)
        held = dict(looked.texts)
        notes = self._facts(before.notes, "notes", held.get("notes"))
        if any(place == "notes.frames" for place, _ in looked.texts):
            notes = self._frames(notes)
        unknown = self._facts(before.unknown, "unknown", held.get("unknown"))
        return (
            replace(before, request=request, response=response, notes=notes, unknown=unknown) if self.told else before
        )

    def request(self, before: Request, asked: Asked) -> Request:
        """Clean a request."""
        already = len(self.told)
        url = self._text(before.url, "request.url", asked.url)
        lines = self._lines(before.headers, "request.headers", asked.headers)
        (body,), kinds = payloads.cleaned(asked.body, self.rules, self.values)
        if kinds:
            self.told.extend(("request.body", kind) for kind in kinds)
            lines = _resized(lines, len(before.body or b""), len(body), asked.body)
            return replace(before, url=url, headers=lines, body=body)
        return replace(before, url=url, headers=lines) if len(self.told) > already else before

    def _response(self, before: Response, looked: Looked) -> Response:
        already = len(self.told)
        error = next((scanned for place, scanned in looked.texts if place == "response.error"), None)
        after = replace(
            before,
            headers=self._lines(before.headers, "response.headers", looked.headers),
            trailers=self._lines(before.trailers, "response.trailers", looked.trailers),
            error=self._text(before.error, "response.error", error),
        )
        pieces, kinds = payloads.cleaned(looked.body, self.rules, self.values)
        if not kinds:
            return after if len(self.told) > already else before
        self.told.extend(("response.body", kind) for kind in kinds)
        lines = _resized(after.headers, sum(map(len, before.chunks)), sum(map(len, pieces)), looked.body)
        times = before.times
        if looked.body.whole:
            return replace(after, headers=lines, chunks=pieces, times=(times[0], times[-1]) if times else ())
        # No client can be given a piece of nothing: a chunk in which only a part of a secret stood goes.
        kept = [number for number, piece in enumerate(pieces) if piece or not before.chunks[number]]
        if times:
            times = (times[0], *(times[number + 1] for number in kept))
        return replace(after, headers=lines, chunks=tuple(pieces[number] for number in kept), times=times)

    def _text(self, before: str, place: str, scanned: Scan | None) -> str:
        made = edits(scanned, self.values) if scanned else ()
        if scanned is None or not made:
            return before
        self.told.extend((place, kind) for each in made for kind in each.kinds)
        return applied(scanned.data, made).decode("utf-8", "surrogatepass")

    def _lines(self, before: Headers, place: str, looked: tuple[tuple[str, Scan], ...]) -> Headers:
        cleaned = [
            (name, self._text(text, f"{place}.{name.lower()}", scanned))
            for (name, text), (_, scanned) in zip(before, looked, strict=True)
        ]
        return tuple(cleaned)

    def _facts(self, before: Mapping[str, Json], place: str, scanned: Scan | None) -> Mapping[str, Json]:
        made = edits(scanned, self.values) if scanned else ()
        if scanned is None or not made:
            return before
        self.told.extend((place, kind) for each in made for kind in each.kinds)
        try:
            if json.dumps(before, ensure_ascii=False).encode("utf-8", "surrogatepass") == scanned.data:
                clean = json.loads(applied(scanned.data, made).decode("utf-8", "surrogatepass"))
                return clean if isinstance(clean, dict) else before
        except (TypeError, ValueError, RecursionError):
            clean = None  # it holds what is no JSON, such as dates and bytes of YAML
        return {str(self.fact(key)): self.fact(value, str(key)) for key, value in before.items()}

    def _frames(self, notes: Mapping[str, Json]) -> Mapping[str, Json]:
        """Clean the texts that come in pieces, one a frame."""
        texts = framed(notes)
        changed = changes(texts, threads(texts, self.rules), self.values)
        if not changed:
            return notes
        self.told.extend(("notes.frames", kind) for each in changed.values() for edit in each for kind in edit.kinds)
        numbers = iter(range(len(texts)))

        def again(held: Json) -> Json:
            if isinstance(held, str) and held.startswith("{"):
                number = next(numbers)
                return applied(texts[number], changed.get(number, ())).decode("utf-8", "surrogatepass")
            if isinstance(held, dict):
                return {key: again(inner) for key, inner in held.items()}
            return [again(inner) for inner in held] if isinstance(held, list | tuple) else held

        return {**notes, "frames": again(notes["frames"])}

    def fact(self, value: Json, name: str = "", *, said: bool = False) -> Json:
        """Clean a JSON value, which stands under `name`; `said` as `texts.scan` has it."""
        if isinstance(value, Mapping):
            return {self.fact(key): self.fact(inner, str(key), said=said) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.fact(inner, name, said=said) for inner in value]
        if isinstance(value, bytes):
            return self._clean(value, said=said)
        if not isinstance(value, str):
            return value
        # With its name before it, so that what the name tells is seen.
        text = json.dumps({name: value}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            return next(iter(json.loads(self._clean(text, said=said).decode("utf-8", "surrogatepass")).values()))
        except ValueError:
            return self._clean(value.encode("utf-8", "surrogatepass"), said=said).decode("utf-8", "surrogatepass")

    def _clean(self, text: bytes, *, said: bool) -> bytes:
        return applied(text, edits(scan(text, self.rules, said=said), self.values))


def _resized(headers: Headers, before: int, after: int, payload: Payload) -> Headers:
    """Keep a content-length right that was right, and name no encoding that a body no longer has."""
    old, new = str(before), str(after)
    return tuple(
        (name, new if name.lower() == "content-length" and text == old else text)
        for name, text in headers
        if not (payload.stays_open and name.lower() == "content-encoding")
    )
