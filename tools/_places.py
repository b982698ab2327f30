"""Places in a JSON value, and which of them hold ids: what the rules of `mutate.py` go by, and no table of llmvcr's."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from llmvcr.providers import Rule

__all__ = [
    "STEERING",
    "Place",
    "at",
    "changed",
    "fresh",
    "id_places",
    "is_bytes",
    "is_drawn",
    "is_id_key",
    "masked",
    "names",
    "places",
    "renamed",
    "ruled",
    "some",
    "strings",
]

Json = Any
_Path = tuple[str | int, ...]

# Words that name an id, a seal or a sealed copy wherever a conversation has them (shared/matching.md, section 2).
_ID_KEYS = frozenset(
    [
        "tool_call_id",
        "tool_use_id",
        "toolUseId",
        "call_id",
        "caller_id",
        "approval_request_id",
        "previous_response_id",
        "previous_message_id",
        "encrypted_content",
        "encrypted_index",
        "encrypted_stdout",
        "signature",
        "thoughtSignature",
        "thought_signature",
        "redactedContent",
        "file_id",
        "container_id",
        "generation_id",
        "tool_id",
    ]
)
# Ids that stand outside of a conversation.
_ALONE = frozenset(
    ["cachedContent", "cached_content", "container", "training_file", "validation_file", "input_file_id"]
)
_CONVERSATIONS = frozenset(
    [
        "messages",
        "input",
        "contents",
        "chat_history",
        "tool_results",
        "items",
        "tool_outputs",
        "previous_response_id",
        "additional_messages",
        "thread",
    ]
)
# The caller's or the model's own words, whatever their keys look like.
_OWN_WORDS = frozenset(["arguments", "args", "parameters", "response", "input_schema", "json", "parametersJsonSchema"])
_CALLED_BY = frozenset(
    ["functionCall", "functionResponse", "function_call", "function_response", "toolCall", "toolResponse", "audio"]
)
_SPOKEN = frozenset(["input", "args", "arguments", "output", "response", "result"])
_UNCALLED = frozenset(["text", "image", "image_url", "document", "tool_result", "input_text"])
_BYTES_KEYS = frozenset(["data", "bytes", "file_data"])

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_LONG_BASE64 = 64
_WORDLIKE = re.compile(r"[A-Za-z_:.-]+[0-9]{0,6}|[0-9]+")


# Steers caches and retries, never the answer; the client draws it.
STEERING = frozenset(["prompt_cache_key", "clientRequestToken"])


class Place(NamedTuple):
    """One value inside another: its path, and the container and key that hold it."""

    path: _Path
    holder: Json
    key: Json
    value: Json

    @property
    def name(self) -> str:
        """The path as it is printed."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")


def places(value: Json, path: _Path = ()) -> Iterator[Place]:
    """Give every place below `value`, outer ones first."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield Place((*path, key), value, key, inner)
        yield from places(inner, (*path, key))


def some(found: list[Place], random: Random, most: int = 2) -> list[Place]:
    """Draw a few of some places."""
    return random.sample(found, min(len(found), most))


def at(value: Json, path: _Path) -> Place:
    """Give the place at `path`."""
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    return Place(path, holder, path[-1], holder[path[-1]])


def changed(value: Json, *changes: tuple[_Path, Json]) -> Json:
    """Give a copy of `value` in which the value at each path is another."""
    other = copy.deepcopy(value)
    for path, new in changes:
        place = at(other, path)
        place.holder[place.key] = new
    return other


def id_places(body: Json) -> list[Place]:
    """Give the places of a body that hold ids, as far as names and shapes of a conversation tell."""
    return [place for place in places(body) if isinstance(place.value, str) and place.value and _is_id(body, place)]


def _is_id(body: Json, place: Place) -> bool:
    path = place.path
    if path[0] == "requests" and "params" in path:  # a batch of them
        path = path[path.index("params") + 1 :]
    if path and len(path) == 1 and path[0] in _ALONE:
        return True
    if not path or path[0] not in _CONVERSATIONS or _in_own_words(body, place):
        return False
    kind = place.holder.get("type", "") if isinstance(place.holder, dict) else ""
    if place.key in _ID_KEYS or (place.key == "data" and kind == "redacted_thinking"):
        return True
    if place.key != "id":
        return False
    above = [step for step in path[:-1] if isinstance(step, str)][-1:]
    if above and above[0] in _CALLED_BY:
        return True
    return _is_item(path, place.holder, kind)


def _is_item(path: _Path, holder: Json, kind: str) -> bool:
    named = "name" in holder and not _SPOKEN.isdisjoint(holder)
    item = path[0] in ("input", "items") and len(path) == 3 and bool(kind)
    return named or "function" in holder or (item and kind not in _UNCALLED)


def _in_own_words(body: Json, place: Place) -> bool:
    holder = body
    for number, step in enumerate(place.path[:-1]):
        if step in _OWN_WORDS or (step == "input" and number and isinstance(holder, dict) and "name" in holder):
            return True
        holder = holder[step]
    return False


def is_id_key(key: Json) -> bool:
    """Say whether what stands under `key` is an id or a seal wherever it stands."""
    return key in _ID_KEYS


def masked(body: Json) -> Json:
    """Give a copy of `body` in which every id is the same word."""
    return changed(body, *((place.path, "ID") for place in id_places(body)))


def is_bytes(place: Place) -> bool:
    """Say whether a text is base64, whole or behind `data:`, in which a letter is no letter of a text."""
    text = place.value
    if text.startswith("data:"):
        return True
    return bool(_BASE64.fullmatch(text)) and (place.key in _BYTES_KEYS or len(text) >= _LONG_BASE64)


def strings(body: Json) -> list[Place]:
    """Give the texts of a body: strings that are neither ids nor base64."""
    ids = {place.path for place in id_places(body)}
    return [
        place
        for place in places(body)
        if isinstance(place.value, str) and place.path not in ids and not is_bytes(place)
    ]


def is_drawn(value: str) -> bool:
    """Say whether an id looks drawn at random, so that it is no word in a text."""
    return len(value) >= 9 and not _WORDLIKE.fullmatch(value) and any(map(str.isdigit, value))


def fresh(value: str, random: Random) -> str:
    """Give another id of the same shape: its prefix, then letters for letters and digits for digits."""
    prefix = re.match(r"(?:[a-z]+[_-])*", value)
    start = prefix.end() if prefix else 0
    start = 0 if start == len(value) else start

    def another(letter: str) -> str:
        for alphabet in ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
            if letter in alphabet:
                return random.choice(alphabet)
        return letter

    while True:
        made = value[:start] + "".join(map(another, value[start:]))
        if made != value:
            return made
        if not any(letter.isascii() and letter.isalnum() for letter in value[start:]):
            return value + "x"


def names(body: Json, random: Random) -> dict[str, str]:
    """Give each id of a body another one of its shape: never one that was there, never one twice."""
    made: dict[str, str] = {}
    old = {place.value for place in id_places(body)}
    for value in sorted(old):
        new = fresh(value, random)
        for _ in range(99):
            if new not in old and new not in made.values():
                break
            new = fresh(new, random) if len(value) > 2 else new + random.choice("abcdefgh")
        made[value] = new
    return made


def renamed(body: Json, new: dict[str, str]) -> Json:
    """Give a copy of `body` with other ids: everywhere where they look drawn, else in id fields only."""
    other = changed(body, *((place.path, new[place.value]) for place in id_places(body) if place.value in new))
    drawn = sorted(filter(is_drawn, new), key=len, reverse=True)
    if not drawn:
        return other
    pattern = re.compile("|".join(map(re.escape, drawn)))
    done = {place.path for place in id_places(body)}
    texts = [one for one in places(other) if isinstance(one.value, str) and one.path not in done]
    return changed(other, *((one.path, pattern.sub(lambda found: new[found[0]], one.value)) for one in texts))


def ruled(body: Json, rule: Rule) -> Iterator[tuple[Json, str]]:
    """Give each object and key that a rule's path leads to, whether there is something under that key or not."""
    steps = re.findall(r"\[(\*|\d+)\]|([^.\[\]]+)", rule.path)
    holders = [body]
    for index, name in steps[:-1]:
        inner: list[Json] = []
        for holder in holders:
            if index and isinstance(holder, list):
                inner += holder if index == "*" else holder[int(index) :][:1]
            elif name == "*" and isinstance(holder, dict):
                inner += holder.values()
            elif name and isinstance(holder, dict) and name in holder:
                inner.append(holder[name])
        holders = inner
    last = steps[-1][1]
    for holder in holders:
        if isinstance(holder, dict) and last:
            for key in list(holder) if last == "*" else [last]:
                yield holder, key
