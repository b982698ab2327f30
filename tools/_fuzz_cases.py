"""The cases of `fuzz.py`, each made by its number: a file changed as bytes or as JSON, or interactions changed."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from llmvcr import formats, storage
from llmvcr.errors import LlmvcrError
from llmvcr.interaction import Headers, Interaction, Request, Response
from llmvcr.sockets import Close, Frame, to_json
from tools._fuzz_bytes import mutated, restructured

__all__ = ["LARGEST", "Sources", "case", "sources"]

LARGEST = 48 * 1024
"""Bytes of the largest file that is taken."""

_SMALL = 3 * 1024
_TARGETS = ("yaml", "json", "vcr_json", "recordings")
_SOCKET = Interaction(
    Request("GET", "wss://api.openai.com/v1/realtime?model=gpt-realtime"),
    Response(101, "Switching Protocols", (("upgrade", "websocket"),)),
    recorded_at="2026-11-22T09:00:00Z",
    notes={
        "frames": to_json(
            (
                Frame('{"type": "response.create", "event_id": "event_1"}', 1.0, sent=True),
                Frame('{"type": "response.output_text.delta", "delta": "Hi"}', 2.5, (20, 33), sent=False),
                Frame(b"\0\1", 3.0, sent=False),
                Close(1000, "done", 4.0, sent=False),
            )
        )
    },
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What cases are made of: files, the small ones first, and the interactions of those."""

    files: tuple[bytes, ...]
    small: int
    interactions: tuple[Interaction, ...]


def sources(folders: Iterable[Path]) -> Sources:
    """Give the files to begin with, up to 48 KiB each; a folder that is not there is passed over."""
    files = [path for folder in folders if folder.is_dir() for path in storage.members(folder)]
    read = [data for path in files if 0 < len(data := path.read_bytes()) <= LARGEST]
    found = tuple(sorted(dict.fromkeys(read), key=len))
    small = sum(len(data) <= _SMALL for data in found)
    # The large ones are too dear to be the rule.
    interactions = [one for data in found[: small or None] for one in _read(data)]
    return Sources(found, small or len(found), (_SOCKET, *interactions))


def _read(data: bytes) -> Iterable[Interaction]:
    try:
        return formats.read(data, path="source")
    except LlmvcrError:
        return ()


def case(given: Sources, seed: int, number: int) -> bytes:
    """Make the case of a number, the same each time for the same sources."""
    draw = Random(f"{seed} {number}")  # noqa: S311 - nothing is protected by it
    pool = given.files[: given.small] if draw.random() < 0.97 else given.files
    kind = draw.random()
    often: tuple[int, ...]
    if kind < 0.4:
        data = _written(_changed(given, draw, pool), draw)
        often = (0, 0, 0, 0, 0, 1)
    elif kind < 0.6:
        data = draw.choice(pool)
        for _ in range(draw.choice((1, 1, 2, 5))):
            data = restructured(data, draw)
        often = (0, 0, 0, 0, 1)
    else:
        data = draw.choice(pool)
        often = (0, 1, 1, 1, 2, 4, 12)
    return mutated(data, draw, pool, draw.choice(often))


def _changed(given: Sources, draw: Random, pool: Sequence[bytes]) -> list[Interaction]:
    """Take up to three interactions, the first now and then twice, and change what crossed the wire."""
    found = [draw.choice(given.interactions) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    if draw.random() < 0.2:
        found.append(found[0])
    return [_interaction(one, draw, pool) for one in found]


def _interaction(one: Interaction, draw: Random, pool: Sequence[bytes]) -> Interaction:
    asked, answered = one.request, one.response
    match draw.randrange(8):
        case 0 | 1:
            asked = replace(asked, body=_body(asked.body or b"", draw, pool))
        case 2 | 3 | 4:
            body = _body(answered.body, draw, pool)
            answered = replace(answered, chunks=_cuts(body, draw), times=())
        case 5:
            url = mutated(asked.url.encode("utf-8", "surrogatepass"), draw, pool, 1)
            asked = replace(asked, url=url.decode("utf-8", "surrogateescape"))
        case 6:
            asked = replace(asked, headers=_headers(asked.headers, draw))
            answered = replace(answered, headers=_headers(answered.headers, draw))
        case _:
            answered = replace(
                answered,
                status=draw.choice((0, 101, 204, 429, 599, 2000, 10**30)),
                ended=draw.choice(("", "closed", "ReadTimeout", "os.system")),
                times=tuple(draw.choice((0.0, 1.5, 1e300)) for _ in range(len(answered.chunks) + 1)),
            )
    notes = one.notes
    if "frames" in notes and draw.random() < 0.7:
        changed = restructured(json.dumps(notes["frames"]).encode(), draw)
        notes = {**notes, "frames": json.loads(changed.decode("utf-8", "surrogatepass"))}
    return replace(one, request=asked, response=answered, notes=notes)


def _body(body: bytes, draw: Random, pool: Sequence[bytes]) -> bytes:
    if draw.random() < 0.5:
        body = restructured(body, draw)
    body = mutated(body, draw, pool, draw.choice((0, 1, 1, 3)))
    match draw.randrange(12):
        case 0:
            body = gzip.compress(body, 1, mtime=0)
        case 1:
            body = zlib.compress(body, 1)
        case 2:
            body = mutated(gzip.compress(body, 1, mtime=0), draw, pool, 1)
        case _:
            pass
    return body


def _cuts(body: bytes, draw: Random) -> tuple[bytes, ...]:
    places = sorted(draw.randrange(len(body) + 1) for _ in range(draw.choice((0, 0, 1, 5))))
    return tuple(body[start:end] for start, end in zip((0, *places), (*places, len(body)), strict=True))


def _headers(lines: Headers, draw: Random) -> Headers:
    changed = list(lines)
    name = draw.choice(
        ("content-encoding", "content-type", "content-length", "retry-after", "authorization", "", "\ud800")
    )
    text = draw.choice(
        ("gzip", "br", "deflate", "zstd", "multipart/form-data; boundary=x", "-1", "\ud800", "a\r\nb", "é")
    )
    changed.insert(draw.randrange(len(changed) + 1), (name, text))
    return tuple(changed)


def _written(interactions: Sequence[Interaction], draw: Random) -> bytes:
    """Write them in a format that can hold them; the last of these can hold everything but what no file can."""
    document = formats.Document(tuple(interactions))
    for name in (draw.choice(_TARGETS), "vcr_json"):
        try:
            return formats.by_name(name).write(document, path="case")
        except LlmvcrError:
            continue
    return b""
