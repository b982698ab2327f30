r"""Streamed bodies and their events: SSE and NDJSON to a list of JSON values and back, byte for byte.

The rendering's first word is the framing ("sse" or "ndjson"); then come the words of `rendering` for the JSON of each
event, and of framing: crlf or cr (line ends, else LF), tight ("data:" without a space), event=KEY (each event has an
`event:` line with the value of that key), event:NAME (an `event:` line that is always the same), done (a last
`data: [DONE]`), open (the last blank line is missing). What they cannot say stands beside the rendering:

    edits     {"3": [[offset, length, text], …]}   the frame of event 3 is spelt differently there
    padding   [0, 4, 11]                           spaces before the last bracket of each event (Anthropic's servers)
    inserted  {"5": ": ping\n\n"}                  text that is no event, before event 5 (or at the end)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmvcr.formats import rendering
from llmvcr.interaction import Json
from llmvcr.wire import Frame, ndjson, sniff, sse

__all__ = ["FRAMINGS", "described", "rendered"]

FRAMINGS = ("sse", "ndjson")

_SPACES = re.compile(r"( +)[\]}]\Z")
_NAMES = ("type", "event", "event_type", "object")
_WIDEST = 10_000
_ENDS = {"crlf": "\r\n", "cr": "\r"}


@dataclass(frozen=True, slots=True)
class _Style:
    """The words of one rendering, parsed."""

    framing: str
    json: tuple[str, ...] = ("compact",)
    end: str = "\n"
    space: str = " "
    name_key: str = ""
    name: str = ""
    done: bool = False
    open: bool = False

    def frame(self, value: Json, padding: int = 0) -> str:
        text = rendering.dumps(value, self.json)
        text = f"{text[:-1]}{' ' * padding}{text[-1]}" if padding else text
        if self.framing == "ndjson":
            return text + self.end
        name = self.name
        if self.name_key and isinstance(value, dict) and isinstance(value.get(self.name_key), str):
            name = value[self.name_key]
        head = f"event:{self.space}{name}{self.end}" if name else ""
        return head + "".join(f"data:{self.space}{line}{self.end}" for line in text.split("\n")) + self.end

    @property
    def pads(self) -> bool:
        return not any(word.startswith(("indent", "tab")) for word in self.json)

    @property
    def last(self) -> str:
        return f"data:{self.space}[DONE]{self.end}{self.end}" if self.done else ""

    def __str__(self) -> str:
        end = next((word for word, end in _ENDS.items() if end == self.end), "")
        name = f"event={self.name_key}" if self.name_key else f"event:{self.name}" if self.name else ""
        words = [self.framing, *self.json, end, "" if self.space else "tight", name]
        return " ".join(filter(None, [*words, "done" * self.done, "open" * self.open]))


def _style(words: Json) -> _Style:
    if not isinstance(words, str) or words.split(" ")[0] not in FRAMINGS:
        msg = f"{words!r} names no framing (sse or ndjson)"
        raise ValueError(msg)
    framing, *rest = words.split(" ")
    json, end, space, key, name = [], "\n", " ", "", ""
    for word in rest:
        if word in _ENDS:
            end = _ENDS[word]
        elif word == "tight":
            space = ""
        elif word.startswith("event="):
            key = word.removeprefix("event=")
        elif word.startswith("event:"):
            name = word.removeprefix("event:")
        elif word not in ("done", "open"):
            json.append(word)
    return _Style(framing, tuple(json), end, space, key, name, "done" in rest, "open" in rest)


def rendered(events: Sequence[Json], extra: dict[str, Json]) -> bytes:
    """Render events to the bytes of the stream; ValueError where the words, edits or insertions are none of ours."""
    return _joined(_style(extra.get("rendering")), events, extra)


def _joined(style: _Style, events: Sequence[Json], extra: dict[str, Json], frames: Sequence[str] = ()) -> bytes:
    """Render events in a style; `frames` are their texts without edits, for whoever has made them already."""
    edits, inserted = extra.get("edits", {}), extra.get("inserted", {})
    if not isinstance(edits, dict) or not isinstance(inserted, dict):
        msg = "edits and inserted are objects by the number of the event"
        raise ValueError(msg)  # noqa: TRY004
    padding = extra.get("padding", [0] * len(events))
    if not isinstance(padding, list) or len(padding) != len(events) or not all(_is_padding(size) for size in padding):
        msg = "padding is no list of a number of spaces an event"
        raise ValueError(msg)
    known = {str(number) for number in range(len(events) + 1)}
    if strange := sorted((set(edits) | set(inserted)) - known):
        msg = f"there is no event {strange[0]}"
        raise ValueError(msg)
    pieces: list[str] = []
    for number, event in enumerate(events):
        frame = frames[number] if frames else style.frame(event, padding[number])
        pieces += [_text(inserted, number), rendering.apply(frame, edits.get(str(number), []))]
    text = "".join([*pieces, _text(inserted, len(events)), style.last])
    if style.open:
        text = text.removesuffix(style.end)
    return text.encode()


def _is_padding(size: Json) -> bool:
    return type(size) is int and 0 <= size <= _WIDEST


def _text(inserted: dict[str, Json], number: int) -> str:
    text = inserted.get(str(number), "")
    if not isinstance(text, str):
        msg = f"what is inserted before event {number} is no text"
        raise ValueError(msg)  # noqa: TRY004
    return text


def described(body: bytes, *, lines: bool = False) -> tuple[list[Json], dict[str, Json], tuple[str, ...]] | None:
    """Say what events a streamed body holds and how it is spelt; None where it is no such stream, or too odd a one.

    Third come the texts of the events as `spelling.Spelt` has them. `lines` says that even one JSON text is an event of
    its own: by its content alone no one could tell.
    """
    framing: str = sniff(body)
    framing = "ndjson" if lines and framing == "json" else framing
    if framing not in FRAMINGS:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    split = sse.frames if framing == "sse" else ndjson.frames
    frames = [(frame, *_value(frame)) for frame in split(body)]
    texts = [frame.data for frame, is_event, _ in frames if is_event]
    if not texts:
        return None
    style = _guess(framing, [frame for frame, _, _ in frames], texts, text)
    if style.open:
        frames = [(frame, *_value(frame)) for frame in split(body + style.end.encode())]
    events, extra, made = _told(frames, style)
    weight = sum(map(len, extra.get("inserted", {}).values()))
    weight += 3 * len(extra.get("padding", []))
    weight += sum(map(rendering.weight, extra.get("edits", {}).values()))
    if weight > len(text) // 2 or _joined(style, events, extra, made) != body:
        return None
    edited = extra.get("edits", {})
    dumped = ["" if str(n) in edited else rendering.as_dumped(one, style.json) for n, one in enumerate(texts)]
    return events, extra, tuple(dumped)


def _told(frames: Iterable[tuple[Frame, bool, Json]], style: _Style) -> tuple[list[Json], dict[str, Json], list[str]]:
    """Take the frames for events, tell where they are spelt otherwise than the style says, and what it says."""
    made: list[str] = []
    events: list[Json] = []
    pads = style.pads
    edits: dict[str, Json] = {}
    inserted: dict[str, Json] = {}
    padding: list[int] = []
    for frame, is_event, value in frames:
        raw = frame.raw.decode()
        number = str(len(events))
        if not is_event:
            inserted[number] = inserted.get(number, "") + raw
            continue
        spaces = _SPACES.search(frame.data) if frame.data[-2:-1] == " " else None
        padding.append(min(len(spaces[1]), _WIDEST) if spaces and pads else 0)
        made.append(style.frame(value, padding[-1]))
        if found := rendering.edits(made[-1], raw):
            edits[number] = found
        events.append(value)
    end = str(len(events))
    if style.done:
        inserted[end] = inserted[end].removesuffix(style.last)
        inserted = {number: text for number, text in inserted.items() if text}
    more = (("padding", padding if any(padding) else []), ("edits", edits), ("inserted", inserted))
    return events, {"rendering": str(style), **{name: what for name, what in more if what}}, made


def _value(frame: Frame) -> tuple[bool, Json]:
    """Say whether a frame holds a JSON object or list, and which."""
    if frame.data[:1] not in ("{", "["):
        return False, None
    try:
        return True, rendering.parse(frame.data)
    except (ValueError, RecursionError):
        return False, None


def _guess(framing: str, frames: Iterable[Frame], texts: Sequence[str], text: str) -> _Style:
    """Choose the words that fit most events exactly."""
    first = next(frame for frame in frames if frame.data == texts[0])
    raw = first.raw.decode()
    end = "\r\n" if "\r\n" in raw else "\r" if "\r" in raw and "\n" not in raw else "\n"
    if framing == "ndjson":
        return _Style(framing, _best(texts), end)
    space = " " if "data: " in raw else ""
    key = name = ""
    if first.name:
        value = rendering.parse(first.data)
        fields = value if isinstance(value, dict) else {}
        key = next((key for key in _NAMES if fields.get(key) == first.name), "")
        name = "" if key or first.name.split() != [first.name] else first.name
    last = f"data:{space}[DONE]{end}"
    is_open = text.endswith(end) and not text.endswith(end * 2)
    done = (text + end * is_open).endswith(f"{end}{end}{last}{end}")
    return _Style(framing, _best(texts), end, space, key, name, done, is_open)


def _best(texts: Sequence[str]) -> tuple[str, ...]:
    """Choose the words for the JSON of the events: those that spell most of them (every one, as a rule)."""
    tried: dict[tuple[str, ...], int] = {}
    sample = sorted(texts, key=len, reverse=True)[:3] + [text for text in texts if "\\u" in text][:20]
    for text in sample:
        for words in map(tuple, rendering.words_of(text.replace("\n", "") if "indent" not in text else text)):
            plain = tuple(word for word in words if word != "newline")
            if plain not in tried:
                tried[plain] = sum(_spells(plain, other) for other in sample)
    return max(tried, key=lambda words: tried[words])


def _spells(words: tuple[str, ...], text: str) -> bool:
    try:
        return rendering.dumps(rendering.parse(text), words) == text
    except (ValueError, RecursionError):
        return False
