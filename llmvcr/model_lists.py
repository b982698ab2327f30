"""Lists of models, of which llama-stack keeps a file for each different one: read together, they are one answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from llmvcr.formats import recording, typed
from llmvcr.formats.base import Document
from llmvcr.interaction import Interaction, Json

__all__ = ["united"]

_NAME = re.compile(r"models-([0-9a-f]{12}|[0-9a-f]{64})-[0-9a-f]{8}\.json")


def united(named: Iterable[tuple[str, Document]]) -> tuple[Interaction, ...]:
    """Give the interactions of a folder's files, named by file, in their order; each call lists its models once.

    Files `models-<h>-<digest>.json` of one h that answer one request become one interaction in the place of the first:
    the union of their models, sorted by id, the last file's where an id repeats (formats.md, "Response shapes").
    """
    found: list[Interaction] = []
    places: dict[tuple[str, str, str], int] = {}
    lists: dict[int, list[Interaction]] = {}
    for name, document in named:
        match = _NAME.fullmatch(name)
        if match is None or len(document) != 1:
            found += document
            continue
        (interaction,) = document
        key = (match[1], interaction.request.method, interaction.request.url)
        place = places.setdefault(key, len(found))
        if place == len(found):
            found.append(interaction)
        lists.setdefault(place, []).append(interaction)
    for place, several in lists.items():
        if len(several) > 1 and (one := _union(several)) is not None:
            found[place] = one
    return tuple(found)


def _union(several: list[Interaction]) -> Interaction | None:
    """Make one list of several; None where one is no list of models, and then the first stands."""
    recordings = [recording.recording_of(each, strict=True) for each in several]
    answers = [each["response"].get("body") for each in recordings]
    items: dict[str, Json] = {}
    for answer in answers:
        data = typed.data_of(answer)
        models = answer if isinstance(answer, list) else data.get("models") if isinstance(data, dict) else None
        if not isinstance(models, list):
            return None
        for model in models:
            told = typed.data_of(model)
            if not isinstance(told, dict):
                return None
            items[str(told.get("id", told.get("model")))] = model
    ordered = [items[name] for name in sorted(items)]
    first = recordings[0]
    body = ordered
    if not isinstance(answers[0], list):
        name = answers[0]["__type__"] if typed.is_typed(answers[0]) else ""
        body = typed.wrap({**typed.data_of(answers[0]), "models": ordered}, name)
    whole = {**first, "response": {**first["response"], "body": body}}
    return recording.RECORDING.read(json.dumps(whole).encode(), path="").interactions[0]
