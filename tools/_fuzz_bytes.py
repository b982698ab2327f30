"""How `fuzz.py` changes bytes, and values of JSON: by what is apt to hurt."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random

from llmvcr.interaction import Json

__all__ = ["mutated", "restructured"]

# What is apt to hurt: structure, escapes, numbers, packed bytes, names of types and tags.
_TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"'",
        b"\\",
        b"&a ",
        b"*a",
        b"<<: *a",
        b"- ",
        b"\n",
        b"\r\n",
        b"\t",
        b"\0",
    ),
    *(
        b"!!python/object/apply:os.system [id]",
        b"!!binary x",
        b"!!set",
        b"? ",
        b"--- ",
        b"...",
        b"%YAML 1.2\n",
        b"|\n",
        b">-\n",
    ),
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"~",
        b"-1",
        b"0",
        b"1e999",
        b"9" * 400,
        b"1:30:59",
        b"NaN",
        b".inf",
        b"2026-11-22",
    ),
    *(
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"\x85",
        b"\x1b",
        b"%00",
        b"%zz",
        b"../../x",
    ),
    *(
        b'"__type__": "os.system"',
        b'"__data__"',
        b"interactions:",
        b'"interactions"',
        b"version: 2",
        b"status: {}",
        b"llmvcr:",
    ),
    *(
        b"data: ",
        b"event: x\n\n",
        b"\x1f\x8b\x08\x00",
        b"\x28\xb5\x2f\xfd",
        b"content-encoding: [gzip]",
        b"http://[",
        b"wss://x/",
    ),
)
_VALUES: tuple[Json, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        "",
        "x",
        "\ud800",
        "\0",
        [],
        {},
        [[]],
        {"": None},
        "http://[",
        "gzip",
        "os.system",
    ),
    {"__type__": "os.system", "__data__": "id"},
)

_Mutation = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(data: bytes, draw: Random, pool: Sequence[bytes], times: int) -> bytes:
    """Change bytes in so many places; `pool` is what parts of others are taken from."""
    changed = bytearray(data)
    for _ in range(times):
        draw.choice(_MUTATIONS)(changed, draw, pool)
    return bytes(changed)


def restructured(data: bytes, draw: Random) -> bytes:
    """Put another value, or another type of value, in one place of a JSON file; other files stay as they are."""
    try:
        value = json.loads(data)
    except ValueError:
        return data
    place, key = value, None
    for _ in range(draw.randint(1, 9)):
        inner = place if key is None else place[key]
        if not isinstance(inner, dict | list) or not inner:
            break
        place, key = inner, draw.choice(list(inner)) if isinstance(inner, dict) else draw.randrange(len(inner))
    if key is None:
        return data
    if isinstance(place, dict) and draw.random() < 0.3:
        del place[key]
    else:
        place[key] = draw.choice(_VALUES)
    return json.dumps(value, indent=draw.choice((None, 2))).encode("utf-8", "surrogatepass")


def _span(data: bytearray, draw: Random, most: int = 200) -> tuple[int, int]:
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.randint(1, most))


def _flip(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    if data:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _insert(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    at = draw.randrange(len(data) + 1)
    data[at:at] = draw.choice(_TOKENS) * draw.choice((1, 1, 1, 2, 50, 5000))


def _replace(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, draw, 20)
    data[start:end] = draw.choice(_TOKENS)


def _remove(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, draw)
    del data[start:end]


def _repeat(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    start, end = _span(data, draw)
    data[start:start] = data[start:end] * draw.choice((1, 2, 30))


def _cut(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    del data[draw.randrange(len(data) + 1) :]


def _lines(data: bytearray, draw: Random, _: Sequence[bytes]) -> None:
    lines = data.split(b"\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _splice(data: bytearray, draw: Random, pool: Sequence[bytes]) -> None:
    other = bytearray(draw.choice(pool))
    start, end = _span(other, draw, 2000)
    at = draw.randrange(len(data) + 1)
    data[at:at] = other[start:end]


_MUTATIONS: tuple[_Mutation, ...] = (_flip, _insert, _replace, _remove, _repeat, _cut, _lines, _splice)
