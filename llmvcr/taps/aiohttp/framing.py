"""Recorded answers as the bytes that a server would send over HTTP/1."""

from __future__ import annotations

from dataclasses import dataclass

from llmvcr.interaction import Headers, Response, header

__all__ = ["Framing", "framed"]

_BODILESS = (204, 304)
_LENGTH = "content-length"


@dataclass(frozen=True, slots=True)
class Framing:
    """The head of an answer; its chunks, each framed; what says that there are no more, or that only closing does."""

    head: bytes
    pieces: tuple[bytes, ...] = ()
    end: bytes = b""
    ends_by_closing: bool = False


def framed(answer: Response, method: str) -> Framing:
    """Frame an answer to `method` by what its headers say, corrected where its body does not fit them.

    An answer that was cut has no end.
    """
    if method == "HEAD" or answer.status in _BODILESS:
        return Framing(_head(answer, answer.headers))
    unmeasured = tuple(line for line in answer.headers if line[0].lower() != _LENGTH)
    if "chunked" in (header(answer.headers, "transfer-encoding") or "").lower():
        # A length beside it says nothing, and is an error (RFC 9112, 6.3).
        pieces = tuple(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b"" for chunk in answer.chunks)
        return Framing(_head(answer, unmeasured), pieces, end=b"" if answer.ended else b"0\r\n\r\n")
    said, length = header(answer.headers, _LENGTH), sum(map(len, answer.chunks))
    if said is None or (answer.ended and not _is_more(said, length)):
        return Framing(_head(answer, unmeasured), answer.chunks, ends_by_closing=not answer.ended)
    if answer.ended or said == str(length):
        return Framing(_head(answer, answer.headers), answer.chunks)
    measured = tuple((name, str(length) if name.lower() == _LENGTH else value) for name, value in answer.headers)
    return Framing(_head(answer, measured), answer.chunks)


def _is_more(said: str, length: int) -> bool:
    return said.isdecimal() and int(said) > length


def _head(answer: Response, headers: Headers) -> bytes:
    version = answer.http_version if answer.http_version == "HTTP/1.0" else "HTTP/1.1"
    lines = [f"{version} {answer.status:03d} {answer.reason}", *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{' '.join(line.splitlines())}\r\n" for line in (*lines, "")).encode()
