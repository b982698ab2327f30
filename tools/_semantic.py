"""Mutations after which a request is another one: what a test would not want to be answered as before."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tools._anywhere import ANYWHERE, lists
from tools._mutations import Made, Mutation, Subject
from tools._places import (
    STEERING,
    Place,
    changed,
    fresh,
    id_places,
    is_drawn,
    is_id_key,
    masked,
    places,
    renamed,
    some,
    strings,
)

__all__ = ["SEMANTIC"]

Json = Any

# A word that is no part of an id: an id quoted in a text may be renamed (shared/decisions.md, 18).
_WORD = re.compile(r"(?<![\w-])[^\W\d_]{2,20}(?![\w-])")
_SAMPLING = ("temperature", "top_p", "top_k", "max_tokens", "max_output_tokens", "seed", "stop", "n", "maxOutputTokens")
_RESULT_WORDS = ("content", "output", "response")
_CALL_WORDS = ("arguments", "args", "input")


def _texts(one: Subject) -> list[Place]:
    return [place for place in strings(one.body) if place.key not in STEERING]


def _prompts(one: Subject) -> list[Place]:
    return [
        place
        for place in _texts(one)
        if place.key in ("text", "content", "prompt", "input", "message")
        or place.path[0] in ("input", "prompt", "instructions", "system")
    ]


def _in_words(change: Callable[[str, Random], str]) -> Callable[[Subject, Random], Iterator[Made]]:
    def make(one: Subject, random: Random) -> Iterator[Made]:
        for place in some(_prompts(one), random):
            found = list(_WORD.finditer(place.value))
            if found:
                word = random.choice(found)
                text = place.value[: word.start()] + change(word[0], random) + place.value[word.end() :]
                if text != place.value:
                    yield Made(place.name, one.saying(changed(one.body, (place.path, text))))

    return make


def _another_word(word: str, _random: Random) -> str:
    return "otherwise" if word != "otherwise" else "other"


def _fewer(word: str, random: Random) -> str:
    gone = random.randrange(len(word))
    return word[:gone] + word[gone + 1 :]


def _any_text(one: Subject, random: Random) -> Iterator[Made]:
    for place in some(_texts(one), random, 6):
        found = list(_WORD.finditer(place.value))
        word = random.choice(found) if found else None
        text = f"{place.value[: word.end()]}s{place.value[word.end() :]}" if word else f"{place.value} x"
        yield Made(place.name, one.saying(changed(one.body, (place.path, text))))


def _blank(one: Subject, random: Random) -> Iterator[Made]:
    for place in some(_prompts(one), random):
        yield Made(
            place.name,
            one.saying(changed(one.body, (place.path, random.choice(["{} ", " {}", "{}\n"]).format(place.value)))),
        )


def _sampling(one: Subject, random: Random) -> Iterator[Made]:
    if isinstance(one.body, dict):
        for name in random.sample(_SAMPLING, 3):
            old = one.body.get(name)
            if not isinstance(old, list | dict):
                new = ["\n\n"] if name == "stop" else 1729 if old != 1729 else 1728
                yield Made(name, one.saying({**one.body, name: new}))


def _model(one: Subject, _random: Random) -> Iterator[Made]:
    for place in places(one.body):
        if place.key in ("model", "modelId", "deployment") and isinstance(place.value, str) and len(place.path) < 3:
            yield Made(place.name, one.saying(changed(one.body, (place.path, f"{place.value}-mini"))))


def _role(one: Subject, random: Random) -> Iterator[Made]:
    turned = {"user": "assistant", "assistant": "user", "system": "user", "model": "user", "tool": "user"}
    roles = [place for place in places(one.body) if place.key == "role" and place.value in turned]
    for place in some(roles, random):
        yield Made(place.name, one.saying(changed(one.body, (place.path, turned[place.value]))))


def _results(one: Subject) -> list[Place]:
    """Give what tools gave: a value beside the id of the call."""
    found = []
    for place in id_places(one.body):
        if place.key in ("tool_call_id", "tool_use_id", "call_id", "toolUseId", "id"):
            found += [
                Place((*place.path[:-1], word), place.holder, word, place.holder[word])
                for word in _RESULT_WORDS
                if word in place.holder
            ]
    return found


def _swapped_results(one: Subject, random: Random) -> Iterator[Made]:
    found = _results(one)
    pairs = [
        (a, b) for n, a in enumerate(found) for b in found[:n] if masked(a.value) != masked(b.value) and a.key == b.key
    ]
    for first, second in random.sample(pairs, min(len(pairs), 3)):
        body = changed(one.body, (first.path, second.value), (second.path, first.value))
        yield Made(f"{second.name} and {first.name}", one.saying(body))


def _inside(value: Json, random: Random) -> Json | None:
    """Change one leaf of what a call says or a tool gave, spelt as JSON in a text or not."""
    text = isinstance(value, str)
    try:
        inner = json.loads(value) if text else value
    except ValueError:
        return f"{value} more"
    leaves = [place for place in places(inner) if not isinstance(place.value, dict | list) and not is_id_key(place.key)]
    if not leaves:
        return None if not text else f"{value} more"
    place = random.choice(leaves)
    new = {str: f"{place.value} more", bool: not place.value}.get(type(place.value), 1729)
    other = changed(inner, (place.path, new if new != place.value else 1730))
    return json.dumps(other) if text else other


def _arguments(one: Subject, random: Random) -> Iterator[Made]:
    called = (place for place in places(one.body) if place.key in _CALL_WORDS and len(place.path) > 1)
    found = [place for place in called if "name" in place.holder and place.path[0] != "tools"]
    for place in some(found, random):
        if (other := _inside(place.value, random)) is not None:
            yield Made(place.name, one.saying(changed(one.body, (place.path, other))))


def _given(one: Subject, random: Random) -> Iterator[Made]:
    for place in some(_results(one), random):
        if (other := _inside(place.value, random)) is not None:
            yield Made(place.name, one.saying(changed(one.body, (place.path, other))))


def _pointing(one: Subject, random: Random) -> Iterator[Made]:
    found = id_places(one.body)
    values = [place.value for place in found]
    for place in some([place for place in found if values.count(place.value) > 1], random):
        others = sorted({other.value for other in found if other.key == place.key} - {place.value})
        if others:
            other = random.choice(others)
            yield Made(f"{place.name} to another", one.saying(changed(one.body, (place.path, other))))
        yield Made(f"{place.name} to none", one.saying(changed(one.body, (place.path, fresh(place.value, random)))))
        if others:
            yield Made(f"{place.value} and {other} in one", one.saying(renamed(one.body, {place.value: other})))


def _quoted(one: Subject, random: Random) -> Iterator[Made]:
    ids = sorted({place.value for place in id_places(one.body) if is_drawn(place.value)})
    for value in ids:
        for place in some([text for text in strings(one.body) if value in text.value], random, 1):
            other = place.value.replace(value, fresh(value, random))
            yield Made(f"{place.name} alone", one.saying(changed(one.body, (place.path, other))))


def _system(one: Subject, _random: Random) -> Iterator[Made]:
    if isinstance(one.body, dict):
        for name in ("system", "instructions", "systemInstruction", "preamble"):
            body = {key: value for key, value in one.body.items() if key != name}
            if one.body.get(name):
                yield Made(f"{name} left out", one.saying(body))
            elif one.body.get(name, name) == name:
                yield Made(f"{name} added", one.saying({**body, name: "Speak like a pirate."}))


_KINDS = (
    ("a word", _in_words(_another_word)),
    ("a character dropped", _in_words(_fewer)),
    ("a letter's case", _in_words(lambda word, _random: word.swapcase())),
    ("a blank", _blank),
    ("any text", _any_text),
    ("sampling", _sampling),
    ("model", _model),
    ("role", _role),
    ("system prompt", _system),
    ("messages", lists(("messages", "contents", "input", "chat_history"))),
    ("tools", lists(("tools", "functions", "functionDeclarations", "function_declarations"))),
    ("results exchanged", _swapped_results),
    ("a result", _given),
    ("an argument", _arguments),
    ("an id points elsewhere", _pointing),
    ("an id in a text alone", _quoted),
)

SEMANTIC: tuple[Mutation, ...] = (*(Mutation(kind, make, keeps=False, json=True) for kind, make in _KINDS), *ANYWHERE)
"""Every one of them must change the canonical key."""
