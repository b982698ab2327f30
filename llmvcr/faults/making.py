"""The answer of a call that faults happen to: one made up in its place, or the recorded one, altered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from llmvcr.errors import FaultError
from llmvcr.faults.fault import Fault
from llmvcr.faults.refusals import reason, refusal
from llmvcr.faults.streams import Frame, Piece, broken, frames, singly
from llmvcr.interaction import Headers, Response, failure

__all__ = ["NEVER", "altered", "made"]

NEVER = 86_400_000.0
"""Milliseconds after which a piece is due that never comes: a day, longer than any client waits."""

_REFUSED = "ConnectError", "Connection refused"
# The name of aiohttp, since httpx has the one above for this failure, too; see `llmvcr.taps.failures`.
_NO_NAME = "ClientConnectorDNSError", "Name or service not known"
_TIMEOUT = "ReadTimeout", "The read operation timed out"
_CUT = "RemoteProtocolError", "peer closed connection without sending complete message body"


def made(fault: Fault, provider: str, *, waits: bool = False) -> Response:
    """Give what comes in place of an answer of `provider` (its name, "" for other traffic), where `fault.instead`.

    With `waits` the client waits as it would, though the fault does not ask for it.
    """
    waits = waits or fault.wait
    if fault.status is None:
        ended, said = _REFUSED if fault.refuse else _NO_NAME if fault.dns else _TIMEOUT
        times = (NEVER,) if fault.timeout and waits else ()
        return failure(ended, _told(said, fault), times)
    body, headers = refusal(provider, fault.status, fault.retry_after)
    kind = "application/json"
    if isinstance(fault.body, str):
        body, kind = fault.body.encode(), "text/plain; charset=utf-8"
    elif fault.body is not None:
        body = json.dumps(fault.body).encode()
    lines: Headers = (("content-type", kind), ("content-length", str(len(body))), *headers)
    if fault.retry_after is not None:
        lines += (("retry-after", f"{fault.retry_after:g}"),)
    if not waits:
        lines += (("retry-after-ms", "1"),)  # what SDKs read first, and without which they back off by themselves
    return Response(fault.status, reason(fault.status), lines, (body,))


def altered(answer: Response, faults: Sequence[Fault], *, waits: bool = False) -> Response:
    """Give a recorded answer, as it is served and unpacked, as these faults leave it; raises FaultError.

    The order in which the faults stand plays no part. The pieces of an altered stream are those that were recorded,
    cut between events too. With `waits` the client waits for a stall, though the fault does not ask for it.
    """
    cut = frames(answer)
    events = [position for position, frame in enumerate(cut) if frame.kind]
    for fault in faults:
        _check(fault, [cut[position] for position in events])
    for position in (events[fault.malformed - 1] for fault in faults if fault.malformed is not None):
        cut[position] = broken(cut[position])
    for position in (events[fault.split - 1] for fault in faults if fault.split is not None):
        cut[position] = singly(cut[position])
    end = next((fault for fault in faults if fault.last is not None), None)
    kept = cut if end is None or end.last is None else cut[: events[end.last - 1] + 1 if end.last else 0]
    pieces = [piece for frame in kept for piece in frame.pieces]
    answer = _with_length(answer, cut)
    if end is None:
        return _with(answer, pieces)
    if end.cut_after is not None:
        return replace(_with(answer, pieces), ended=_CUT[0], error=_told(_CUT[1], end), trailers=())
    if waits or end.wait:
        answer = answer if answer.times else replace(answer, times=(0.0,))
        pieces.append(Piece(b"\n", NEVER))
    return replace(_with(answer, pieces), ended=_TIMEOUT[0], error=_told(_TIMEOUT[1], end), trailers=())


def _with(answer: Response, pieces: Sequence[Piece]) -> Response:
    times = (answer.times[0], *(piece.time for piece in pieces)) if answer.times else ()
    return replace(answer, chunks=tuple(piece.data for piece in pieces), times=times)


def _with_length(answer: Response, cut: Sequence[Frame]) -> Response:
    """Let `content-length` say what is sent when nothing is cut off."""
    length = str(sum(len(piece.data) for frame in cut for piece in frame.pieces))
    lines = ((name, length if name.lower() == "content-length" else value) for name, value in answer.headers)
    return replace(answer, headers=tuple(lines))


def _check(fault: Fault, events: Sequence[Frame]) -> None:
    if max(fault.touched, fault.last or 0) <= len(events):
        return
    count = f"{len(events)} event{'s' * (len(events) != 1)}"
    plain = ", as it is no stream" if events and events[0].kind == "plain" else ""
    raise FaultError(
        f"{fault}: the recorded answer has {count}{plain}; name an earlier event, or choose the call by "
        "when, endpoint, provider, path or call"
    )


def _told(said: str, fault: Fault) -> str:
    return f"{said} ({fault})"
