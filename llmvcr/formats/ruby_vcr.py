"""Ruby's VCR cassettes (2.0 and later) in YAML, JSON and compressed, and betamax's, which are the same; read only."""

# Source: lib/vcr/structs.rb and the serializers of vcr 2.0 to 6.4. VCR writes methods in lower case, times as HTTP
# dates, and a body as {encoding, string}, or {encoding, base64_string} with preserve_exact_body_bytes; the encoding is
# that of Ruby's string and says no more once it has given the bytes. Where VCR unpacked a body it took content-encoding
# away and says so in `adapter_metadata`, which is kept in `unknown`.

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from llmvcr.errors import ReadError
from llmvcr.formats import checks, read_only, vintage, yaml_text
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Json, Request, Response

__all__ = ["MAX_UNPACKED", "RUBY_VCR", "RubyVcr"]

MAX_UNPACKED = 64 << 20
"""How long a compressed cassette may be unpacked, in bytes."""

_NAME = "a cassette of Ruby's VCR"
_LIST = "http_interactions"
_YAML = re.compile(rb"^[\"']?http_interactions[\"']?[ \t]*:", re.MULTILINE)
_JSON = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{(?:[^{}\[\]]{0,1000},)?\s*"http_interactions"\s*:')
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_HEAD = 4096
_UTF8 = ("utf-8", "us-ascii", "ascii", "ascii-8bit", "binary", "none", "")
_PARTS = {
    "interaction": ("request", "response", "recorded_at"),
    "request": ("method", "uri", "headers", "body"),
    "response": ("status", "headers", "body"),
}
_BODY = ("encoding", "string", "base64_string")


@dataclass(frozen=True, slots=True)
class RubyVcr:
    """The format "ruby-vcr": {http_interactions: [{request, response, recorded_at}], recorded_with}."""

    name: str = "ruby-vcr"
    suffix: str = ".yml"

    def claims(self, data: bytes) -> bool:
        """Say whether the top-level key `http_interactions` stands there, in a compressed file too."""
        if data[:2] in _ZLIB:
            try:
                data = zlib.decompressobj().decompress(data, _HEAD)
            except zlib.error:
                return False
        # The word is looked for first, because a search by lines takes its time on a long file.
        return _LIST.encode() in data and bool(_YAML.search(data) or _JSON.search(data))

    def read(self, data: bytes, *, path: str) -> Document:
        """Read a whole file; raises ReadError."""
        data = _unpacked(data, path) if data[:2] in _ZLIB else data
        top = checks.loaded(data, path=path) if _JSON.search(data) else yaml_text.load(data, path=path)
        held = top.get(_LIST) if isinstance(top, Mapping) else None
        if not isinstance(held, list):
            raise ReadError(path, "is no list", place=_LIST, fix=vintage.CUT)
        read = tuple(_interaction(one, path, number) for number, one in enumerate(held))
        if held and "recorded_at" not in held[-1] and "recorded_with" not in top:
            # Both stand at the end: without them the last body may be half of one.
            vintage.Where(path, len(held) - 1, "recorded_at").missing()
        return Document(read, read_only.left(top, (_LIST, "version")))

    def write(self, document: Document, *, path: str, strict: bool = False) -> bytes:  # noqa: ARG002 - Format's
        """Raise WriteError: the format is only read."""
        raise read_only.unwritable(path, _NAME)


RUBY_VCR = RubyVcr()


def _unpacked(data: bytes, path: str) -> bytes:
    packed = zlib.decompressobj()
    try:
        unpacked = packed.decompress(data, MAX_UNPACKED)
    except zlib.error:
        raise ReadError(path, f"is {_NAME}, compressed and damaged") from None
    if packed.unconsumed_tail:
        raise ReadError(path, f"unpacks to more than {MAX_UNPACKED >> 20} MiB")
    if not packed.eof:
        raise ReadError(path, f"is {_NAME}, compressed, and its end is missing", fix=vintage.CUT)
    return unpacked


def _interaction(dct: Json, path: str, number: int) -> Interaction:
    where = vintage.Where(path, number, "")
    if not isinstance(dct, Mapping):
        where.fail("is no mapping of request and response")
    asked, answered = read_only.mapping(dct, "request", where), read_only.mapping(dct, "response", where)
    request_at, response_at = where / "request", where / "response"
    request = Request(
        # VCR keeps a method as a symbol in lower case; on the wire it was in capitals.
        read_only.text(asked, "method", request_at).upper(),
        read_only.url(asked, "uri", request_at),
        vintage.headers(asked.get("headers"), request_at / "headers"),
        # VCR writes "" for a request without a body.
        _body(asked, request_at) or None,
    )
    code, reason = vintage.status(answered, response_at)
    lines = vintage.headers(answered.get("headers"), response_at / "headers")
    body = _body(answered, response_at)
    at = read_only.moment(dct.get("recorded_at"))
    known = _PARTS["interaction"] if at or dct.get("recorded_at") is None else _PARTS["interaction"][:2]
    unknown = read_only.gathered(
        interaction=read_only.left(dct, known), request=_left(asked, "request"), response=_left(answered, "response")
    )
    return Interaction(request, Response(code, reason, lines, (body,) if body else ()), at, {}, unknown)


def _left(part: Mapping[str, Json], place: str) -> dict[str, Json]:
    kept = {key: value for key, value in read_only.left(part, _PARTS[place]).items() if value is not None}
    body = part.get("body")
    rest = read_only.left(body, _BODY) if isinstance(body, Mapping) else {}
    return kept | {"body": rest} if rest else kept


def _body(part: Mapping[str, Json], where: vintage.Where) -> bytes:
    held, where = part.get("body"), where / "body"
    if not isinstance(held, Mapping):
        return _bytes(held, "", where)
    encoded = held.get("base64_string")
    if encoded is None:
        return _bytes(held.get("string"), str(held.get("encoding") or ""), where / "string")
    try:
        # Ruby breaks the lines of base64 after 60 characters.
        return base64.b64decode("".join(str(encoded).split()), validate=True)
    except (ValueError, binascii.Error):
        (where / "base64_string").fail("is not base64")


def _bytes(text: Json, encoding: str, where: vintage.Where) -> bytes:
    """Give the bytes of a text in Ruby's encoding; where that cannot hold it VCR leaves it in UTF-8, and so do we."""
    if text is None or isinstance(text, bytes):
        return text or b""
    if not isinstance(text, str):
        where.fail("is no text")
    if encoding.lower() not in _UTF8:
        with contextlib.suppress(LookupError, ValueError):
            return text.encode(encoding)
    return text.encode("utf-8", "surrogatepass")
