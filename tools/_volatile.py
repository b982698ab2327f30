"""Mutations after which a request is the same: what differs between two runs of one application."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

from llmvcr.interaction import header
from tools._mutations import Made, Mutation, Subject
from tools._places import changed, fresh, id_places, names, places, renamed, ruled, strings

__all__ = ["VOLATILE"]

Json = Any

_SDK = (
    ("User-Agent", "AsyncOpenAI/Python 9.9.9"),
    ("x-stainless-package-version", "9.9.9"),
    ("x-stainless-retry-count", "2"),
    ("anthropic-beta", "made-up-2031-01-01"),
    ("x-goog-api-client", "google-genai-sdk/9.9.9"),
    ("Cookie", "__cf_bm=made-up"),
    ("content-length", "7"),
)
_SIGNING = (
    ("X-Amz-Date", "20310102T030405Z"),
    ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAMADEUP/20310102/eu-west-1/bedrock/aws4_request, Signature=00"),
    ("amz-sdk-invocation-id", "00000000-0000-4000-8000-000000000000"),
    ("x-ms-client-request-id", "00000000-0000-4000-8000-000000000001"),
)
_LOOPBACK = re.compile(r"(?i)//(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?(?=[/?#]|$)")
_DATA_URL = re.compile(r"(data:[^,]*;base64,)([A-Za-z0-9+/_-]+={0,2})")


def _ids(one: Subject, random: Random) -> Iterator[Made]:
    if new := names(one.body, random):
        yield Made("every id", one.saying(renamed(one.body, new)))
        text = _escaped(json.dumps(renamed(one.body, names(one.body, random))), random)
        yield Made("every id, with escapes", replace(one.request, body=text.encode()))


def _other_ids(one: Subject, random: Random) -> Iterator[Made]:
    # As another server, or the application itself, draws them.
    shapes: tuple[Callable[[], str], ...] = (
        lambda: str(uuid.UUID(int=random.getrandbits(128), version=4)),
        lambda: f"pyd_ai_{random.getrandbits(128):032x}",
        lambda: f"call_{''.join(random.choices('abcdefghijkABCDEFGHIJK0123456789', k=24))}",
        lambda: "D6" + "".join(random.choices("aB3", k=3)) + "9xK4",
    )
    found = sorted({place.value for place in id_places(one.body)})
    for shape in random.sample(shapes, 2) if found else ():
        new = {value: shape() for value in found}
        if len(set(new.values())) == len(new):
            yield Made("every id", one.saying(renamed(one.body, new)))


def _quoted(one: Subject, random: Random) -> Iterator[Made]:
    prefixes = ("call_", "toolu_", "chatcmpl-", "resp_")
    prefix = next((prefix for prefix in prefixes if prefix in one.provider.id_prefixes), None)
    texts = [place for place in strings(one.body) if " " in place.value and place.path[0] in ("messages", "input")]
    if prefix and texts:
        place = random.choice(texts)
        first, second, third, fourth = (fresh(f"{prefix}0aB1cD2eF3gH4iJ5kL6mN7oP", random) for _ in "1234")
        told = place.value.replace("{", "{{").replace("}", "}}") + " See {0}, ({1}),\n{0}"
        recorded, received = (
            one.saying(changed(one.body, (place.path, told.format(*pair))))
            for pair in ((first, second), (third, fourth))
        )
        yield Made(place.name, received, recorded)


def _shuffled(value: Json, random: Random) -> Json:
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: _shuffled(value[key], random) for key in keys}
    return [_shuffled(inner, random) for inner in value] if isinstance(value, list) else value


def _key_order(one: Subject, random: Random) -> Iterator[Made]:
    yield Made("every object", one.saying(_shuffled(one.body, random)))
    yield Made("every object", one.saying(one.body, sort_keys=True))


def _blanks(one: Subject, random: Random) -> Iterator[Made]:
    yield Made("every token", one.saying(one.body, indent=random.choice([1, 3, "\t"])))
    made = one.saying(one.body, separators=(",", ":"))
    yield Made("every token", made)
    yield Made("both ends", replace(made, body=b" \r\n\t" + (made.body or b"") + b"\n\n"))
    yield Made("a byte order mark", replace(made, body=b"\xef\xbb\xbf" + (made.body or b"")))


def _escaped(text: str, random: Random) -> str:
    """Write one letter in five of the strings in a JSON text as an escape."""
    # Any letter may be escaped, but one that is part of an escape.
    pieces = re.findall(r'\\u[0-9a-f]{4}|\\.|"|[^"\\]', text)
    inside, out = False, []
    for piece in pieces:
        inside ^= piece == '"'
        plain = inside and len(piece) == 1 and piece != '"'
        if piece.startswith("\\u"):
            out.append("\\u" + piece[2:].upper())
        else:
            out.append(f"\\u{ord(piece):04X}" if plain and random.random() < 0.2 else piece)
    return "".join(out)


def _escapes(one: Subject, random: Random) -> Iterator[Made]:
    text = json.dumps(one.body)
    yield Made("every slash", replace(one.request, body=text.replace("/", "\\/").encode()))
    yield Made("one letter in five", replace(one.request, body=_escaped(text, random).encode()))
    yield Made("no letter", one.saying(one.body, ensure_ascii=False))


def _numbers(one: Subject, _random: Random) -> Iterator[Made]:
    numbers = [(place.path, place.value) for place in places(one.body) if type(place.value) in (int, float)]
    other = [(path, float(n) if type(n) is int else int(n)) for path, n in numbers if abs(n) < 2**53 and n == n // 1]
    if other:
        yield Made("every number", one.saying(changed(one.body, *other)))
        text = json.dumps(changed(one.body, *((path, f"\0{int(n)}") for path, n in other)))
        text = re.sub(r'"\\u0000(-?\d+)"', r"\g<1>.00E+0", text)
        yield Made("every number", replace(one.request, body=text.encode()))


def _headers(one: Subject, random: Random) -> Iterator[Made]:
    kind = header(one.request.headers, "content-type")
    kept = (("Content-Type", kind),) if kind else ()
    yield Made("all", replace(one.request, headers=()))
    yield Made("all but content-type", replace(one.request, headers=(*_SDK, *kept)))
    lines = [(name.upper(), value) for name, value in one.request.headers]
    yield Made("their order", replace(one.request, headers=tuple(random.sample(lines, len(lines)))))
    if one.kind == "json":
        yield Made("content-type", replace(one.request, headers=(("content-type", "text/plain; charset=latin-1"),)))


def _signing(one: Subject, _random: Random) -> Iterator[Made]:
    signed = {name.lower() for name, _ in _SIGNING}
    kept = (line for line in one.request.headers if line[0].lower() not in signed)
    yield Made("their dates", replace(one.request, headers=(*kept, *_SIGNING)))


def _boundary(one: Subject, random: Random) -> Iterator[Made]:
    if one.kind == "multipart":
        body = one.request.body or b""
        old = body.lstrip().split(b"\r\n", 1)[0][2:]
        new = b"%032x" % random.getrandbits(128)
        kind = f"multipart/form-data; boundary={new.decode()}"
        other = replace(one.request, body=body.replace(b"--" + old, b"--" + new), headers=(("Content-Type", kind),))
        yield Made("body and header", other)
        yield Made("body alone", replace(other, headers=()))


def _host(one: Subject, random: Random) -> Iterator[Made]:
    url, port = one.request.url, random.randrange(1024, 60000)
    if _LOOPBACK.search(url):
        # Where the body does not tell the API, the port does: 11434 is Ollama's.
        told = set(one.endpoint.body_keys) <= set(one.body or ())
        for name in ("127.0.0.1", "localhost", "[::1]") if told else ():
            yield Made("loopback", one.asking(_LOOPBACK.sub(f"//{name}:{port}", url, count=1)))
        return
    parts = urlsplit(url)
    if parts.port is None:
        own = {"https": 443, "http": 80}.get(parts.scheme, 443)
        yield Made("its own port", one.asking(parts._replace(netloc=f"{parts.netloc}:{own}").geturl()))
    yield Made("capitals", one.asking(parts._replace(netloc=parts.netloc.upper()).geturl()))


def _path(one: Subject, _random: Random) -> Iterator[Made]:
    parts = urlsplit(one.request.url)
    for old, new in ((":", "%3A"), ("%3A", ":"), (":", "%3a")):
        if old in parts.path:
            yield Made("colon", one.asking(parts._replace(path=parts.path.replace(old, new)).geturl()))
    if "/v1/" in parts.path and "projects" not in parts.path and one.form.provider in ("openai", "groq", "ollama"):
        yield Made("/v1/v1", one.asking(parts._replace(path=parts.path.replace("/v1/", "/v1/v1/", 1)).geturl()))


def _method(one: Subject, _random: Random) -> Iterator[Made]:
    yield Made("its case", replace(one.request, method=one.request.method.swapcase()))


def _fragment(one: Subject, _random: Random) -> Iterator[Made]:
    yield Made("added", one.asking(urlsplit(one.request.url)._replace(fragment="stream").geturl()))


def _query(one: Subject, _random: Random) -> Iterator[Made]:
    parts = urlsplit(one.request.url)
    pairs = [pair for pair in parts.query.split("&") if pair]
    if len({pair.partition("=")[0] for pair in pairs}) == len(pairs) > 1:
        yield Made("its order", one.asking(parts._replace(query="&".join(reversed(pairs))).geturl()))
    for rule in one.endpoint.rules:
        if rule.action == "ignore" and rule.path.startswith("query."):
            name = rule.path.partition(".")[2]
            kept = [pair for pair in pairs if pair.partition("=")[0] != name]
            yield Made(name, one.asking(parts._replace(query="&".join(kept)).geturl()))
            yield Made(name, one.asking(parts._replace(query="&".join([*kept, f"{name}=true"])).geturl()))


def _gzip(one: Subject, _random: Random) -> Iterator[Made]:
    if one.request.body:
        packed = gzip.compress(one.request.body, mtime=0)
        yield Made(
            "body", replace(one.request, body=packed, headers=(*one.request.headers, ("content-encoding", "gzip")))
        )


def _nothing(one: Subject, _random: Random) -> Iterator[Made]:
    if not one.request.body:
        yield Made("body", replace(one.request, body=None if one.request.body == b"" else b""))


def _null(one: Subject, random: Random) -> Iterator[Made]:
    rows = [rule for rule in one.endpoint.rules if rule.action == "null"]
    for rule in random.sample(rows, min(len(rows), 6)):
        body = changed(one.body)
        holders = [(holder, key) for holder, key in ruled(body, rule) if key not in holder]
        gone = [(holder, key) for holder, key in ruled(body, rule) if holder.get(key, 0) is None]
        for holder, key in holders:
            holder[key] = None
        for holder, key in gone:
            del holder[key]
        if holders or gone:
            yield Made(rule.path, one.saying(body))


def _ignored(one: Subject, _random: Random) -> Iterator[Made]:
    for rule in one.endpoint.rules:
        if rule.action == "ignore" and not rule.path.startswith(("query.", "path.")):
            body = changed(one.body)
            holders = list(ruled(body, rule))
            for holder, key in holders:
                holder[key] = "made-up"
            if holders:
                yield Made(rule.path, one.saying(body))


def _alphabet(one: Subject, _random: Random) -> Iterator[Made]:
    def other(text: str) -> str:
        turned = {"+": "-", "/": "_", "-": "+", "_": "/"}
        return "".join(turned.get(letter, letter) for letter in text.rstrip("="))

    for rule in one.endpoint.rules:
        if rule.action == "base64":
            body = changed(one.body)
            found = [
                (h, k) for h, k in ruled(body, rule) if re.fullmatch(r"[\w+/-]{4,}={0,2}", str(h.get(k, "")), re.ASCII)
            ]
            for holder, key in found:
                holder[key] = other(holder[key])
            if found:
                yield Made(rule.path, one.saying(body))
    for place in places(one.body):
        if isinstance(place.value, str) and (data := _DATA_URL.fullmatch(place.value)):
            yield Made(place.name, one.saying(changed(one.body, (place.path, data[1] + other(data[2])))))


def _everything(one: Subject, random: Random) -> Iterator[Made]:
    made = one.saying(_shuffled(renamed(one.body, names(one.body, random)), random), indent=2, ensure_ascii=False)
    url = urlsplit(one.request.url)._replace(fragment="x").geturl()
    method, packed = one.request.method.lower(), gzip.compress(made.body or b"")
    yield Made("at once", replace(made, body=packed, headers=_SDK, url=url, method=method))


_JSON = (
    ("ids", _ids),
    ("ids of another shape", _other_ids),
    ("ids quoted alone", _quoted),
    ("order of keys", _key_order),
    ("blanks", _blanks),
    ("escapes", _escapes),
    ("1 and 1.0", _numbers),
    ("null where a row says so", _null),
    ("what a row leaves out", _ignored),
    ("base64 where a row says so", _alphabet),
    ("all of it", _everything),
)
_ANY = (
    ("SDK headers", _headers),
    ("signing headers", _signing),
    ("boundary", _boundary),
    ("host", _host),
    ("path", _path),
    ("method", _method),
    ("fragment", _fragment),
    ("query", _query),
    ("gzip", _gzip),
    ("no body", _nothing),
)

VOLATILE: tuple[Mutation, ...] = (
    *(Mutation(kind, make, keeps=True, json=True) for kind, make in _JSON),
    *(Mutation(kind, make, keeps=True) for kind, make in _ANY),
)
"""Every one of them must leave the canonical key as it is."""
