"""Secrets in an interaction: what stands in for them on disk and for the matcher, and whether any is left."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from llmvcr.interaction import Interaction, Json, Request
from llmvcr.secrets import ENVIRONMENT, FIELDS, HEADERS, QUERY, SHAPES, TRACES, options, places, scanner, stripping
from llmvcr.secrets.cleaning import Cleaner
from llmvcr.secrets.headers import REQUEST_ID
from llmvcr.secrets.names import TRACE_ENDS
from llmvcr.secrets.placeholders import NEUTRAL, StandIn, placeholder
from llmvcr.secrets.rules import DEFAULT, Rules
from llmvcr.secrets.spellings import spelt
from llmvcr.secrets.texts import Scan, everything, scan

__all__ = [
    "Find",
    "Redacted",
    "Redactor",
    "Replaced",
    "find",
    "find_in_file",
    "find_in_json",
    "redacted",
    "redacted_json",
    "redactor",
    "rows",
]


_PASSES = 4
_NEUTRAL_TEXT = NEUTRAL.decode()


@dataclass(frozen=True, slots=True)
class Find:
    """What looks like a secret: `place` ("request.headers.authorization"), `kind` ("OpenAI key") and the value itself.

    The value is in no text that is made of a find: `masked` says only what everybody may know.
    """

    place: str
    kind: str
    value: str = field(repr=False)
    known: str = ""
    """The beginning of the value that every secret of its kind has ("sk-ant-")."""

    @property
    def masked(self) -> str:
        """The known beginning and the length: "sk-ant-… (108 characters)"."""
        return f"{self.known}… ({len(self.value)} characters)"

    @property
    def placeholder(self) -> str:
        """What stands in for it: always the same for one kind."""
        return placeholder(self.kind)

    def __str__(self) -> str:
        return f"{self.place}: {self.kind} {self.masked}"


@dataclass(frozen=True, slots=True, order=True)
class Replaced:
    """What was replaced: where, and the kind of secret; never its value."""

    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}"


@dataclass(frozen=True, slots=True)
class Redacted:
    """An interaction without its secrets, and what was replaced; the interaction itself where nothing was."""

    interaction: Interaction
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes the secrets out of the interactions of one cassette; made once, by `redactor`. `rules` None: takes none.

    Nothing of it raises, whatever the bytes, and what it gives it would not change again.
    """

    rules: Rules | None = DEFAULT

    def redact(self, interaction: Interaction) -> Redacted:
        """Put placeholders in the place of secrets.

        Whatever is replaced in one place and is 16 characters or longer is replaced in all others, in every spelling.
        Boundaries of chunks stay; a chunk that held only a part of a secret goes, with its time; a body packed as a
        whole becomes one chunk, packed again. A content-length that was right stays right.
        """
        rules = self.rules
        if rules is None:
            return Redacted(interaction)
        told: set[Replaced] = set()
        for _ in range(_PASSES):
            looked = places.look(interaction, rules)
            cleaner = Cleaner(rules, places.values(places.sightings(looked), rules))
            interaction = cleaner.interaction(interaction, looked)
            told.update(Replaced(*each) for each in cleaner.told)
            if _is_settled(cleaner.told, rules):
                break
        return Redacted(interaction, tuple(sorted(told)))

    def redact_request(self, request: Request) -> Request:
        """Put placeholders in the place of the secrets of a request: what would stand in the file."""
        if self.rules is None:
            return request
        for _ in range(_PASSES):
            asked = places.ask(request, self.rules)
            cleaner = Cleaner(self.rules, places.values(places.sightings(asked), self.rules))
            request = cleaner.request(request, asked)
            if _is_settled(cleaner.told, self.rules):
                break
        return request

    def knowing(self, request: Request) -> Redactor:
        """Give the redactor that also takes what is a secret of this request out of any other text: see `clean`."""
        if self.rules is None:
            return self
        seen = places.values(places.sightings(places.ask(request, self.rules)), self.rules)
        return Redactor(replace(self.rules, values=tuple((each.kind, value) for value, each in seen.items())))

    def clean(self, value: Json, name: str = "") -> Json:
        """Put placeholders in the place of the secrets of what was said in JSON under `name`, such as a text.

        What is no JSON stays as it is. Nothing raises.
        """
        if self.rules is None:
            return value
        known = {text: StandIn(kind) for kind, text in self.rules.values}
        return Cleaner(self.rules, known).fact(value, name, said=True)

    def matched(self, request: Request) -> Request:
        """Give what of a request the matcher is to see; for one that was received and one that was recorded alike.

        Parameters, and credentials of the call in JSON, are left out, so that any key, a placeholder and none at all
        are the same. What has the shape or the value of a secret, and every placeholder of ours, becomes one and the
        same word. What only its name tells, in a message or in a tool's argument, schema or result, becomes the
        placeholder that a file has for it: another value is another text. Headers stay.
        """
        return request if self.rules is None else stripping.stripped(request, self.rules)

    def hides(self, request: Request) -> bool:
        """Say, at little cost, whether a recorded request has a placeholder of ours, or a secret's name in its URL."""
        if self.rules is None:
            return False
        if (request.body and NEUTRAL in request.body) or _NEUTRAL_TEXT in request.url:
            return True
        return "?" in request.url and self.matched(bare := Request("GET", request.url)) is not bare

    def find(self, interaction: Interaction, *, traces: bool = False) -> tuple[Find, ...]:
        """Find what looks like a secret, once for each place and kind; ids of single calls only with `traces`."""
        rules = self.rules or DEFAULT
        looked = places.look(interaction, rules)
        found = [
            Find(place, each.kind, each.value, each.known)
            for place, each in places.sightings(looked)
            if each.secret and (traces or each.kind != REQUEST_ID)
        ]
        for kind, value in rules.values:
            found += [Find(place, kind, value) for place, one in _scans(looked) if _holds(one, value)]
        # What is found by its shape, and by its name too, is one find: that of the narrower kind.
        best = {(each.place, each.value): each for each in sorted(found, key=lambda each: bool(each.known))}
        return tuple(best[key] for key in dict.fromkeys((each.place, each.value) for each in found))


def redactor(option: options.Option = None, environ: Mapping[str, str] | None = None) -> Redactor:
    """Make the redactor of a cassette from its `llmvcr_redact` (see `llmvcr.secrets.options`) and the environment.

    `environ` None: that of the process as it is now. Raises OptionError.
    """
    return Redactor(options.rules(option, os.environ if environ is None else environ))


def find(held: Interaction | bytes, *, traces: bool = False) -> tuple[Find, ...]:
    """Find what looks like a secret in an interaction, or in the bytes of a file, by what is known untold."""
    if isinstance(held, bytes):
        seen = everything(scan(held, DEFAULT))
        return tuple(dict.fromkeys(Find("text", each.kind, each.value, each.known) for each in seen if each.secret))
    return Redactor().find(held, traces=traces)


def rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List what is redacted without being told: (where, the names or shapes), for people to read."""
    shapes = tuple(dict.fromkeys(f"{shape.kind}: {shape.prefix}…" for shape in SHAPES))
    return (
        ("headers, by name", tuple(sorted({*HEADERS, "cookie", "set-cookie"}))),
        ("headers of answers that name a call, by name and by how it ends", (*sorted(TRACES), *TRACE_ENDS)),
        ("parameters of URLs and forms, by name", tuple(sorted(QUERY))),
        ("fields of JSON, forms and parts, by how the name ends, in any spelling", tuple(sorted(FIELDS))),
        ("keys, by how they begin", shapes),
        ("values of environment variables, by how the name ends", tuple(f"*{end}" for end in ENVIRONMENT)),
    )


def find_in_file(data: bytes) -> tuple[Find, ...]:
    """Find what looks like a secret in the bytes of a file, also by the independent scanner where it is installed.

    For the gate before a file gets its name, and for files that are there already; a find of both is told once.
    """
    found = find(data)
    known = [each.value for each in found]
    others = (
        Find("text", rule, value)
        for rule, value in scanner.scanned(data.decode("utf-8", "replace"))
        if not any(value in each or each in value for each in known)
    )
    return (*found, *dict.fromkeys(others))


def find_in_json(value: Json, place: str) -> tuple[Find, ...]:
    """Find what looks like a secret anywhere in a JSON value."""
    seen = everything(scan(places.dumped(value), DEFAULT))
    return tuple(dict.fromkeys(Find(place, each.kind, each.value, each.known) for each in seen if each.secret))


def redacted(interaction: Interaction) -> Interaction:
    """Take the secrets out of an interaction by what is known without being told."""
    return Redactor().redact(interaction).interaction


def redacted_json(value: Json) -> Json:
    """Take the secrets out of a JSON value by what is known without being told."""
    return Cleaner(DEFAULT, {}).fact(value)


def _is_settled(told: Iterable[tuple[str, str]], rules: Rules) -> bool:
    """Say whether another look would find no more: where two secrets touched, the second may show only now."""
    return all(
        place.rpartition(".")[2] in rules.headers or "cookie" in place or kind == REQUEST_ID for place, kind in told
    )


def _scans(looked: places.Looked) -> Iterator[tuple[str, Scan]]:
    yield "request.url", looked.asked.url
    yield from ((f"request.headers.{name.lower()}", one) for name, one in looked.asked.headers)
    yield "request.body", looked.asked.body.scanned
    yield from ((f"response.headers.{name.lower()}", one) for name, one in (*looked.headers, *looked.trailers))
    yield "response.body", looked.body.scanned
    yield from looked.texts


def _holds(scanned: Scan, value: str) -> bool:
    return any(True for _ in spelt(value).swaps(scanned.data, b"", plain=scanned.plain, words=scanned.words))
