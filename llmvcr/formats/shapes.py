"""The padding of a recording: which nulls an SDK's model_dump added, and how to give them back.

llama-stack stores what the SDK's objects dump, and these name every field of their class: about eight nulls a chunk
that no server sent. Served as they are they break the SDK's own stream helpers, hence the nulls rule of `unpadded`
(measured on 4,906 streams: every object stays equal). What it drops is told by a shape, the same for most events of a
stream: `{"choices[0].delta": "function_call@1 role@3"}` says that the keys `function_call` and `role` stood there, in
places 1 and 3 (from 0), and were null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmvcr.interaction import Json

__all__ = ["Shape", "is_chat_chunk", "pad", "shape", "unpadded", "without_nulls"]

Shape = dict[str, str]
"""{path: "key@place key@place"}, in rising order of place."""

_TOP = frozenset({"service_tier", "system_fingerprint", "usage", "obfuscation", "moderation"})
_DELTA = frozenset({"function_call", "refusal", "role", "tool_calls", "audio", "content"})
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


def is_chat_chunk(data: Json, type_name: str = "") -> bool:
    """Say whether an event is one chunk of a chat completion: by its type's name, else by its own `object`."""
    if type_name.rpartition(".")[2] in ("ChatCompletionChunk", "ModelResponseStream"):
        return True
    return isinstance(data, dict) and not type_name and data.get("object") == "chat.completion.chunk"


def unpadded(chunk: Json) -> Json:
    """Drop the padding of a chat chunk: these nulls and no others (finish_reason, logprobs and unknown keys stay)."""
    if not isinstance(chunk, dict):
        return chunk
    fresh = {key: value for key, value in chunk.items() if value is not None or key not in _TOP}
    if isinstance(choices := fresh.get("choices"), list):
        fresh["choices"] = [_choice(choice) for choice in choices]
    return fresh


def _choice(choice: Json) -> Json:
    if not isinstance(choice, dict) or not isinstance(choice.get("delta"), dict):
        return choice
    delta = {key: value for key, value in choice["delta"].items() if value is not None or key not in _DELTA}
    if isinstance(calls := delta.get("tool_calls"), list):
        delta["tool_calls"] = [without_nulls(call) for call in calls]
    return {**choice, "delta": delta}


def without_nulls(value: Json) -> Json:
    """Drop every key whose value is null, at every depth."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def shape(padded: Json, bare: Json) -> Shape:
    """Tell what nulls `padded` has at which places that `bare` has not; a part for `pad` to give back."""
    return {path: keys for path, keys in _missing(padded, bare, "") if keys}


def _missing(padded: Json, bare: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(padded, dict) and isinstance(bare, dict):
        places = enumerate(padded)
        yield path, " ".join(f"{key}@{place}" for place, key in places if key not in bare and padded[key] is None)
        for key in bare:
            if key in padded:
                yield from _missing(padded[key], bare[key], f"{path}.{key}" if path else key)
    elif isinstance(padded, list) and isinstance(bare, list):
        for place, (item, other) in enumerate(zip(padded, bare, strict=False)):
            yield from _missing(item, other, f"{path}[{place}]")


def pad(bare: Json, told: Json) -> Json:
    """Put the nulls of a shape back at their places; what no longer fits is left out.

    A person may have edited the answer since, and then its words are the truth, not the padding.
    """
    if not isinstance(told, dict):
        return bare
    padded = _copied(bare)
    for path, keys in told.items():
        target = _at(padded, path)
        if isinstance(target, dict) and isinstance(keys, str):
            items = list(target.items())
            for key, at, place in (word.rpartition("@") for word in keys.split(" ")):
                if at and key not in target and place.isdecimal():
                    items.insert(int(place), (key, None))
            target.clear()
            target.update(items)
    return padded


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _at(value: Json, path: str) -> Json:
    for step in _STEP.finditer(path):
        if step[1] is not None and isinstance(value, dict):
            value = value.get(step[1])
        elif step[2] is not None and isinstance(value, list) and int(step[2]) < len(value):
            value = value[int(step[2])]
        else:
            return None
    return value
