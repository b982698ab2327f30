"""Bodies as a page shows them: JSON and text as text, anything else as its size and type."""

from __future__ import annotations

import base64
import json

from llmvcr import bodies
from llmvcr.conversation.opening import Opened
from llmvcr.interaction import Json, Request, Response, header
from llmvcr.viewing.pictures import media_type

__all__ = ["answered", "sent"]

_TYPE = "content-type"


def sent(request: Request) -> dict[str, Json]:
    """Give the body of a request: `form` is "empty", "json", "fields" (of a form, as JSON), "text" or "bytes".

    `text` is what can be read of it, `size` its bytes as they crossed the wire, `packed` whether those were gzip'd,
    `media_type` what the header says, `picture` is "" (see `answered`). Never raises.
    """
    kind = header(request.headers, _TYPE) or ""
    body = bodies.read(request.body, kind)
    form, text = "json", body.text
    if body.kind == "empty":
        form = "empty"
    elif body.kind in ("form", "multipart"):
        form, text = "fields", json.dumps(_plain(body.value), ensure_ascii=False)
    elif body.kind == "raw":
        form, text = ("text", _plain(body.value["text"])) if "text" in body.value else ("bytes", "")
    packed = (request.body or b"").startswith(b"\x1f\x8b")
    return _body(form, text, kind, len(request.body or b""), packed=packed)


def answered(response: Response, answer: Opened) -> dict[str, Json]:
    """Give the body of an answer, as `sent` does; the text of a "stream" is that of its events, and stands there.

    `size` is that of the bytes without compression. A body that is a picture has its bytes in base64 as `picture`.
    """
    kind = header(response.headers, _TYPE) or ""
    text = answer.plain.decode("utf-8", "replace") if answer.form in ("json", "text") else ""
    if answer.form == "json":
        text = answer.plain.decode(json.detect_encoding(answer.plain), "replace")
    known = media_type(answer.plain) if answer.form == "bytes" else ""
    picture = base64.b64encode(answer.plain).decode() if known else ""
    packed = answer.plain is not response.body and answer.plain != response.body
    return _body(answer.form, text, known or kind, len(answer.plain), packed=packed, picture=picture)


def _body(form: str, text: str, kind: str, size: int, *, packed: bool, picture: str = "") -> dict[str, Json]:
    return {"form": form, "text": text, "media_type": kind, "size": size, "packed": packed, "picture": picture}


def _plain(value: Json) -> Json:
    """Take the escapes away that the canonical form needs (`bodies.OPEN`)."""
    if isinstance(value, str):
        return value.replace(bodies.OPEN * 2, bodies.OPEN)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
