"""Files that were cut, or changed in a place or two, as a merge, an editor, a disk or an attacker does it."""

from __future__ import annotations

from typing import Any

__all__ = ["mutilated"]

_PIECES = (
    *(b" ", b"\n", b"'", b'"', b"\\", b":", b": ", b" #", b"- ", b"\t", b"\r", b"\x07", b"\xff", b"\xc2\x85"),
    *(b"\xe2\x80\xa8", b"\xe2\x82\xac", b"\n\n", b"|", b"&a ", b"*a", b"{", b"}", b"[", b"]", b",", b"!!", b"~"),
    *(b"null", b"''", b"?", b"%", b"---", b"...", b"\\x41", b"\\u0041", b"\\ud800", b"\\ ", b"\\\n  ", b"<<", b"="),
    *(b'"__type__": 3, ', b"9" * 4400, b"e5", b"\n---\n", b"\n  ", b">", b"`", b"@", b"1_000", b"0x1F", b"!!binary "),
)


def mutilated(data: bytes, random: Any) -> bytes:
    """Give the bytes with one to three changes that a `random.Random` draws."""
    held = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(held) + 1)
        end = min(len(held), at + random.choice((1, 2, 5, 30, 200)))
        match random.randrange(6):
            case 0:
                del held[at:end]
            case 1:
                held[at:at] = random.choice(_PIECES)
            case 2:
                held[at:at] = held[at:end]
            case 3:
                del held[at:]
            case 4:
                held[at:end] = bytes(random.randrange(256) for _ in range(end - at))
            case _:
                lines = bytes(held).split(b"\n")
                line = random.randrange(len(lines))
                lines[line] = random.choice((lines[line - 1], b"  " + lines[line], lines[line][2:], lines[line] + b" "))
                held = bytearray(b"\n".join(lines))
    return bytes(held)
