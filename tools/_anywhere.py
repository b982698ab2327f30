"""Semantic mutations of any value of a request, whatever it means: leaves, keys, lists, bytes, URL, forms."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from llmvcr.wire import multipart
from tools._mutations import Made, Mutation, Subject
from tools._places import STEERING, at, changed, id_places, is_bytes, masked, places, some, strings

__all__ = ["ANYWHERE", "lists"]

Json = Any


def _number(one: Subject, random: Random) -> Iterator[Made]:
    numbers = [place for place in places(one.body) if type(place.value) in (int, float)]
    for place in some(numbers, random, 4):
        value = place.value
        new = [math.nextafter(value, math.inf)] if abs(value) < 2**53 else [value * 2 + 1]
        for other in (*new, value + 1):
            if other != value:
                yield Made(place.name, one.saying(changed(one.body, (place.path, other))))


def _type(one: Subject, random: Random) -> Iterator[Made]:
    ids = {place.path for place in id_places(one.body)}
    for place in some([p for p in places(one.body) if p.path not in ids and p.key not in STEERING], random, 4):
        match place.value:
            case bool():
                others: list[Json] = [not place.value, int(place.value), str(place.value).lower()]
            case int() | float():
                others = [str(place.value), None, [place.value]]
            case str():
                others = [[place.value], {"text": place.value}, *([None] if place.value else [])]
            case None:
                others = ["", 0, False]
            case list():
                others = [{}, json.dumps(place.value)] if not place.value else [json.dumps(place.value)]
            case _:
                others = [[place.value], json.dumps(place.value)]
        other = random.choice(others)
        yield Made(
            f"{place.name} {type(place.value).__name__} to {type(other).__name__}",
            one.saying(changed(one.body, (place.path, other))),
        )


def _keys(one: Subject, random: Random) -> Iterator[Made]:
    found = [
        p for p in places(one.body) if isinstance(p.holder, dict) and p.value is not None and p.key not in STEERING
    ]
    for place in some(found, random, 4):
        body = changed(one.body)
        del at(body, place.path).holder[place.key]
        yield Made(f"{place.name} left out", one.saying(body))
        body = changed(one.body)
        spot = at(body, place.path)
        spot.holder[f"{place.key}x"] = spot.holder.pop(place.key)
        yield Made(f"{place.name} renamed", one.saying(body))
        body = changed(one.body)
        at(body, place.path).holder["made_up"] = random.choice([1, "x", False, [], ""])
        yield Made(f"{place.name} beside it", one.saying(body))


def lists(wanted: tuple[str, ...] = ()) -> Callable[[Subject, Random], Iterator[Made]]:
    """Drop, repeat and exchange items of the lists of these names; of any list where there are none."""

    def make(one: Subject, random: Random) -> Iterator[Made]:
        mask = masked(one.body)
        found = [p for p in places(one.body) if isinstance(p.value, list) and p.value]
        found = [p for p in found if p.path[-1] in wanted] if wanted else found
        for place in some(found, random):
            items, alike = place.value, at(mask, place.path).value
            first, second = random.randrange(len(items)), random.randrange(len(items))
            yield Made(
                f"{place.name}[{first}] dropped",
                one.saying(changed(one.body, (place.path, items[:first] + items[first + 1 :]))),
            )
            yield Made(
                f"{place.name}[{first}] twice",
                one.saying(changed(one.body, (place.path, items[: first + 1] + items[first:]))),
            )
            if alike[first] != alike[second]:
                swapped = list(items)
                swapped[first], swapped[second] = items[second], items[first]
                yield Made(
                    f"{place.name}[{first}] and [{second}]", one.saying(changed(one.body, (place.path, swapped)))
                )

    return make


def _bytes(one: Subject, random: Random) -> Iterator[Made]:
    ids = {place.path for place in id_places(one.body)}
    found = [p for p in places(one.body) if isinstance(p.value, str) and p.path not in ids and is_bytes(p)]
    for place in some(found, random):
        head, comma, text = place.value.rpartition(",")
        padded = text.replace("-", "+").replace("_", "/").rstrip("=")
        padded += "=" * (-len(padded) % 4)
        try:
            data = bytearray(base64.b64decode(padded, validate=True))
        except binascii.Error:
            continue
        if data and base64.b64encode(data).decode() == padded:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            other = head + comma + base64.b64encode(data).decode()
            yield Made(place.name, one.saying(changed(one.body, (place.path, other))))


def _alphabet(one: Subject, random: Random) -> Iterator[Made]:
    found = [place for place in strings(one.body) if place.key not in STEERING and {"+", "/"} & set(place.value)]
    for place in some(found, random):
        other = place.value.replace("+", "-").replace("/", "_")
        yield Made(place.name, one.saying(changed(one.body, (place.path, other))))


def _url(one: Subject, random: Random) -> Iterator[Made]:
    parts = urlsplit(one.request.url)
    for name, value in one.form.fields["path"].items():
        for spelt in (value, quote(value, safe=""), quote(value)):
            if name != "base" and spelt and spelt in parts.path:
                path = parts.path.replace(spelt, f"{spelt}-other", 1)
                yield Made(f"path {name}", one.asking(parts._replace(path=path).geturl()))
                break
    yield Made("path", one.asking(parts._replace(path=f"{parts.path}/other").geturl()))
    yield Made("query", one.asking(parts._replace(query=f"{parts.query}&made_up=1".lstrip("&")).geturl()))
    ignored = {rule.path for rule in one.endpoint.rules if rule.path.startswith("query.")}
    pairs = [
        pair for pair in parts.query.split("&") if "=" in pair and f"query.{pair.partition('=')[0]}" not in ignored
    ]
    for pair in random.sample(pairs, min(len(pairs), 2)):
        yield Made(f"query {pair}", one.asking(parts._replace(query=parts.query.replace(pair, f"{pair}x")).geturl()))
    yield Made("host", one.asking(parts._replace(netloc=f"other.{parts.hostname}").geturl()))
    yield Made("method", replace(one.request, method="PUT" if one.request.method.upper() != "PUT" else "POST"))


def _parts(one: Subject, random: Random) -> Iterator[Made]:
    body = one.request.body or b""
    for part in multipart.parse(body, None) or () if one.kind == "multipart" else ():
        if part.data:
            data = bytearray(part.data)
            data[random.randrange(len(data))] ^= 1
            yield Made(f"byte of {part.name}", replace(one.request, body=body.replace(part.data, bytes(data))))
        for word in (part.name, part.filename):
            if word:
                other = body.replace(f'name="{word}"'.encode(), f'name="{word}x"'.encode())
                yield Made(f"name {word}", replace(one.request, body=other))


def _raw(one: Subject, random: Random) -> Iterator[Made]:
    body = one.request.body or b""
    if one.kind in ("raw", "form"):
        letters = [place for place, byte in enumerate(body) if chr(byte).isalnum()]
        place = random.choice(letters)
        yield Made(f"byte {place}", replace(one.request, body=body[:place] + b"x" + body[place:]))
    yield (
        Made("no body", replace(one.request, body=None))
        if body
        else Made("a body", replace(one.request, body=b'{"a":1}'))
    )


ANYWHERE: tuple[Mutation, ...] = (
    Mutation("a number", _number, keeps=False, json=True),
    Mutation("a type", _type, keeps=False, json=True),
    Mutation("a key", _keys, keeps=False, json=True),
    Mutation("any list", lists(), keeps=False, json=True),
    Mutation("a byte of an image", _bytes, keeps=False, json=True),
    Mutation("base64 where no row says so", _alphabet, keeps=False, json=True),
    Mutation("URL and method", _url, keeps=False),
    Mutation("part of a form", _parts, keeps=False),
    Mutation("body", _raw, keeps=False),
)
"""Every one of them must change the canonical key."""
