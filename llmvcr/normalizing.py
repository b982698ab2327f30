"""Recordings without what only varies, so that recording again changes nothing but what a model says otherwise."""

# An id is replaced by one that its request and its place in the answer give: of the same prefix, length and kind, so
# that it is still known for an id, and boundaries of chunks hold. Whoever quotes it later gets the new one, too.

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import shake_128
from itertools import accumulate, count
from types import MappingProxyType
from typing import Literal

from llmvcr import ids, wire
from llmvcr.answers import drawn
from llmvcr.canonical import canonical
from llmvcr.interaction import Headers, Interaction, Json, Request
from llmvcr.providers import PROVIDERS
from llmvcr.wire import ndjson, sse
from llmvcr.wire.nesting import watched

__all__ = ["What", "normalized"]

What = Literal["ids", "times"]
"""ids: what servers draw; times: when and how fast it was, with boundaries and the name of a server's build."""

_SECONDS, _ISO, _DATE = "1700000000", '"2023-11-14T22:13:20Z"', "Tue, 14 Nov 2023 22:13:20 GMT"  # one moment
_TIMES = MappingProxyType(
    {
        **dict.fromkeys(("created", "created_at", "completed_at", "createTime", "updateTime"), _SECONDS),
        # Ollama's in nanoseconds; Groq's in seconds; Bedrock's in milliseconds.
        **dict.fromkeys(("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"), "1"),
        **dict.fromkeys(("queue_time", "prompt_time", "completion_time", "total_time"), "0.1"),
        "latencyMs": "1",
        "system_fingerprint": '"fp_0000000000"',
        "obfuscation": '""',  # OpenAI pads the events of a stream by random letters
    }
)
"""Fields of answers that only vary, and what stands for their numbers or texts; a text that is a time is one again."""

_FIELD = re.compile(
    rf'(?<!\\)("({"|".join(_TIMES)})"\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}}\]])'
)
# What a model said, and what a caller said of a thing, is no server's clock.
_NOT_THE_SERVERS = frozenset(
    {"args", "arguments", "content", "input", "instructions", "metadata", "parameters", "prompt", "text", "tools"}
)
_ID_HEADERS = re.compile(
    r"(?:[\w-]+-)?request-?id|[\w-]*correlation-id|amz-sdk-invocation-id|(?:x-)?idempotency-key|x-amzn-bedrock-[\w-]*id"
)
_TIME_HEADERS = MappingProxyType(
    {
        r"date|expires|last-modified|x-amz-date": _DATE,
        r"[\w-]*processing-ms|x-envoy-upstream-service-time|[\w-]*-latency|age|server-timing|x-compute-time": "1",
        r"[\w-]*ratelimit[\w-]*-(?:remaining|reset)[\w-]*|[\w-]*ratelimit-(?:remaining|reset)": "1",
        r"cf-ray|report-to|nel|etag|traceparent|tracestate|x-amzn-trace-id|x-cloud-trace-context": "llmvcr",
    }
)
_HEX, _ANY = "0123456789abcdef", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIXES = tuple(sorted({one for each in PROVIDERS for one in each.id_prefixes}, key=len, reverse=True))
_PREFIX = re.compile(r"[a-z]{1,12}[_-]")
_LONG_HEX = re.compile(r"[0-9a-f]{16,}")
_TRIES = 64


def normalized(kept: Iterable[Request], fresh: Sequence[Interaction], what: frozenset[What]) -> tuple[Interaction, ...]:
    """Give what was recorded just now, behind the requests `kept` from before, without what only varies.

    The same calls, answered the same way, give the same result in every run. A body that cannot be read (compressed,
    a binary event stream, messages of a WebSocket) stays as it is.
    """
    naming = _Naming(kept) if "ids" in what else None
    found = []
    for one in fresh:
        changed = one
        if naming is not None and "frames" not in one.notes:
            changed = naming.renamed(one)
        if "times" in what:
            changed = _timeless(changed)
        found.append(changed)
    return tuple(found)


class _Naming:
    """The ids of one cassette, each with the one that stands for it."""

    def __init__(self, kept: Iterable[Request]) -> None:
        self._asked = Counter(canonical(one).key for one in kept)
        self._names: dict[str, str] = {}

    def renamed(self, one: Interaction) -> Interaction:
        request, response = one.request, one.response
        asked = replace(
            request,
            url=self._in_text(request.url),
            headers=self._in_headers(request.headers),
            body=None if request.body is None else self._in_bytes(request.body),
        )
        key = canonical(asked, known=frozenset(self._names.values())).key
        self._asked[key] += 1
        seed = b"%b %d" % (key.hex().encode(), self._asked[key])
        self._name(_in_order(drawn(request, response), response.body), seed)
        lines = [value for name, value in response.headers if _ID_HEADERS.fullmatch(name.lower())]
        self._name((value for value in lines if ids.is_generated(value)), seed + b" head")
        sizes = [len(chunk) for chunk in response.chunks]
        body = self._in_bytes(response.body)
        ends = list(accumulate(sizes))
        chunks = tuple(body[end - size : end] for size, end in zip(sizes, ends, strict=True))
        answered = replace(response, headers=self._in_headers(response.headers), chunks=chunks)
        return replace(one, request=asked, response=answered)

    def _name(self, found: Iterable[str], seed: bytes) -> None:
        for number, one in enumerate(found):
            if one not in self._names and one not in self._names.values():
                self._names[one] = _minted(one, b"%b %d" % (seed, number))

    def _in_text(self, text: str) -> str:
        return ids.WORD.sub(lambda found: self._names.get(found[0], found[0]), text)

    def _in_bytes(self, data: bytes) -> bytes:
        return self._in_text(data.decode("latin-1")).encode("latin-1")  # a character a byte, whatever they mean

    def _in_headers(self, headers: Headers) -> Headers:
        return tuple((name, self._in_text(value)) for name, value in headers)


def _in_order(found: frozenset[str], body: bytes) -> list[str]:
    places = {one: body.find(one.encode()) for one in found}
    return sorted((one for one in found if places[one] >= 0), key=lambda one: (places[one], one))


def _minted(one: str, seed: bytes) -> str:
    """Give an id like this one, which the seed alone decides beside its prefix, its length and its kind."""
    if ids.uuids(one) == [one]:
        digits = shake_128(seed).hexdigest(16)
        new = "-".join((digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}", digits[20:]))
        return new.upper() if one.isupper() else new
    known = next((each for each in _PREFIXES if one.startswith(each)), None)
    found = _PREFIX.match(one)
    prefix = known if known is not None else found[0] if found else ""
    size = len(one) - len(prefix)
    letters = _HEX if _LONG_HEX.fullmatch(one[len(prefix) :]) else _ANY
    for salt in count():
        drawn_bytes = shake_128(b"%b %d" % (seed, salt)).digest(size)
        new = prefix + "".join(letters[byte % len(letters)] for byte in drawn_bytes)
        if ids.is_generated(new):
            return new
        if salt > _TRIES:
            break
    return one


def _timeless(one: Interaction) -> Interaction:
    response = one.response
    body = _in_fields(response.body)
    length = (str(len(response.body)), str(len(body)))
    headers = tuple(
        (name, length[1] if name.lower() == "content-length" and value == length[0] else value)
        for name, value in _without_times(response.headers)
    )
    chunks = wire.events(body) or ((body,) if body else ())
    request = replace(one.request, headers=_without_times(one.request.headers))
    answered = replace(response, headers=headers, chunks=chunks, times=())
    return replace(one, request=request, response=answered, recorded_at=None)


def _without_times(headers: Headers) -> Headers:
    return tuple((name, _header(name.lower(), value)) for name, value in headers)


def _header(name: str, value: str) -> str:
    return next((new for pattern, new in _TIME_HEADERS.items() if re.fullmatch(pattern, name)), value)


def _in_fields(body: bytes) -> bytes:
    texts = _texts(body)
    if not texts:
        return body
    # Where a model wrote such a field itself, nobody can tell by the text alone which is whose: all stay.
    if len(_FIELD.findall(body.decode("latin-1"))) != sum(map(_counted, texts)):
        return body
    return _FIELD.sub(_instead, body.decode("latin-1")).encode("latin-1")


def _instead(found: re.Match[str]) -> str:
    new = _TIMES[found[2]]
    if new == _SECONDS and found[3].startswith('"'):
        new = _ISO
    return found[1] + new


def _texts(body: bytes) -> list[str]:
    kind = wire.sniff(body)
    if kind == "json":
        return [body.decode("utf-8", "replace")]
    if not kind:
        return []
    framer: Callable[[bytes], Sequence[object]] = partial((sse if kind == "sse" else ndjson).frames)
    return [str(getattr(frame, "data", "")) for frame in framer(body)]


def _counted(text: str) -> int:
    try:
        value = json.loads(watched(text)) if text.startswith(("{", "[")) else None
    except (ValueError, RecursionError):
        return 0  # half an event, where a stream was cut
    return _fields(value)


def _fields(value: Json) -> int:
    found, todo = 0, [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += [inner for name, inner in one.items() if name not in _NOT_THE_SERVERS]
            found += sum(
                name in _TIMES and isinstance(inner, str | int | float) and not isinstance(inner, bool)
                for name, inner in one.items()
            )
        elif isinstance(one, list):
            todo += one
    return found
