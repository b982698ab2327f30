"""Answers that crossed the wire compressed, made readable piece by piece as they are recorded."""

from __future__ import annotations

from dataclasses import replace

from llmvcr.interaction import Response, header
from llmvcr.wire import codecs

__all__ = ["unpacked"]


def unpacked(response: Response) -> tuple[Response, str]:
    """Give the answer with its body unpacked, and the content-encoding that it had on the wire ("" where it had none).

    Each chunk becomes what it adds to the body, so that a stream keeps its pieces; one that adds nothing is dropped.
    The headers say what is stored. An encoding that nothing here can unpack, a body that is not in the encoding which
    its header names, and one that is too large (`llmvcr.wire.codecs`) stay as they are.
    """
    encoding = (header(response.headers, "content-encoding") or "").strip().lower()
    decoder = codecs.decoder(encoding)
    if decoder is None:
        return response, ""
    try:
        unpacked_chunks = [decoder.feed(chunk) for chunk in response.chunks]
    except ValueError:
        return response, ""
    pieces = tuple(filter(None, unpacked_chunks))
    times = response.times
    if times:
        times = (times[0], *(time for time, piece in zip(times[1:], unpacked_chunks, strict=True) if piece))
    length = str(sum(map(len, pieces)))
    lines = [(name, length if name.lower() == "content-length" else value) for name, value in response.headers]
    kept = tuple(line for line in lines if line[0].lower() != "content-encoding")
    return replace(response, headers=kept, chunks=pieces, times=times), encoding
