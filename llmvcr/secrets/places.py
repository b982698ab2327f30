"""Every place of an interaction in which a secret can stand, looked through once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from llmvcr.interaction import Headers, Interaction, Json, Request
from llmvcr.secrets import headers, payloads
from llmvcr.secrets.members import Sighting
from llmvcr.secrets.payloads import Payload
from llmvcr.secrets.placeholders import StandIn
from llmvcr.secrets.rules import Rules
from llmvcr.secrets.spellings import is_long
from llmvcr.secrets.texts import Scan, everything, scan
from llmvcr.secrets.threads import threads

__all__ = ["Asked", "Looked", "ask", "dumped", "framed", "look", "sightings", "values"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was looked through."""

    url: Scan
    headers: tuple[tuple[str, Scan], ...]
    body: Payload


@dataclass(frozen=True, slots=True)
class Looked:
    """An interaction that was looked through: `texts` are its exception's text, its notes and its unknown keys."""

    asked: Asked
    headers: tuple[tuple[str, Scan], ...]
    trailers: tuple[tuple[str, Scan], ...]
    body: Payload
    texts: tuple[tuple[str, Scan], ...]


def ask(request: Request, rules: Rules, *, doubtful: bool = False) -> Asked:
    """Look through a request; `doubtful` as `texts.scan` has it, and then of headers only at those that hold keys."""
    url = scan(request.url.encode("utf-8", "surrogatepass"), rules, doubtful=doubtful)
    lines = tuple(
        (name, headers.look(name, text, rules))
        for name, text in request.headers
        if not doubtful or name.lower() in rules.headers or name.lower() == "cookie"
    )
    return Asked(url, lines, payloads.look((request.body or b"",), request.headers, rules, doubtful=doubtful))


def look(interaction: Interaction, rules: Rules) -> Looked:
    """Look through an interaction."""
    answer = interaction.response
    texts = [("response.error", scan(answer.error.encode("utf-8", "surrogatepass"), rules))] if answer.error else []
    for place, held in (("notes", interaction.notes), ("unknown", interaction.unknown)):
        if held:
            texts.append((place, scan(dumped(held), rules)))
    texts += [("notes.frames", thread.scanned) for thread in threads(framed(interaction.notes), rules)]
    return Looked(
        ask(interaction.request, rules),
        _lines(answer.headers, rules),
        _lines(answer.trailers, rules),
        payloads.look(answer.chunks, answer.headers, rules),
        tuple(texts),
    )


def framed(notes: Mapping[str, Json]) -> list[bytes]:
    """Give the texts of the frames of a WebSocket that are JSON objects, in order."""
    found: list[bytes] = []
    level = [notes.get("frames")]
    while level:
        held = level.pop()
        if isinstance(held, str) and held.startswith("{"):
            found.append(held.encode("utf-8", "surrogatepass"))
        elif isinstance(held, dict | list | tuple):
            level += reversed(list(held.values() if isinstance(held, dict) else held))
    return found


def sightings(looked: Looked | Asked) -> Iterator[tuple[str, Sighting]]:
    """Give everything that was seen with its place ("request.headers.authorization")."""
    if isinstance(looked, Asked):
        yield from _at("request.url", everything(looked.url))
        for name, scanned in looked.headers:
            yield from _at(f"request.headers.{name.lower()}", everything(scanned))
        yield from _at("request.body", payloads.sightings(looked.body))
        return
    yield from sightings(looked.asked)
    for side, lines in (("response.headers", looked.headers), ("response.trailers", looked.trailers)):
        for name, scanned in lines:
            yield from _at(f"{side}.{name.lower()}", everything(scanned))
    yield from _at("response.body", payloads.sightings(looked.body))
    for place, scanned in looked.texts:
        yield from _at(place, everything(scanned))


def values(seen: Iterable[tuple[str, Sighting]], rules: Rules) -> dict[str, StandIn]:
    """Give {value: what is written for it} of what is replaced wherever it stands, the longest first.

    The kind is that of the shape where there is one, else that of the name, else that of the environment or the user:
    so a placeholder does not depend on where the cassette is recorded.
    """
    by_shape: dict[str, StandIn] = {}
    by_name: dict[str, StandIn] = {}
    for _, each in seen:
        if each.secret and each.kind != headers.REQUEST_ID:
            if each.start < 0:
                by_shape.setdefault(each.value, each.stand_in)
            elif is_long(each.value):
                # What came as a credential first, in a header, is one wherever it is quoted.
                by_name.setdefault(each.value, each.stand_in)
    told = {value: StandIn(kind) for kind, value in rules.values}
    return dict(sorted((told | by_name | by_shape).items(), key=lambda item: (-len(item[0]), item[0])))


def dumped(held: Mapping[str, Json]) -> bytes:
    """Write JSON facts as one text; what is no JSON is in it by its str()."""
    try:
        return json.dumps(held, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, RecursionError):
        return str(held).encode("utf-8", "surrogatepass")


def _lines(lines: Headers, rules: Rules) -> tuple[tuple[str, Scan], ...]:
    return tuple((name, headers.look(name, text, rules, answer=True)) for name, text in lines)


def _at(place: str, seen: Iterable[Sighting]) -> Iterator[tuple[str, Sighting]]:
    return ((place, each) for each in seen)
