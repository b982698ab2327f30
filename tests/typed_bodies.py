"""Hypothesis strategies for LLM traffic: JSON spelt in many ways, event streams with oddities, error answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from interactions import INTERACTIONS, TEXT
from llmvcr.interaction import Interaction

__all__ = ["CALLS", "EVENTS", "JSON_TEXTS"]

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_KEYS = TEXT | st.sampled_from(["type", "object", "data", "__type__", "__data__", "model", "delta", "choices", "event"])
_VALUES = st.recursive(
    _LEAVES, lambda held: st.lists(held, max_size=3) | st.dictionaries(_KEYS, held, max_size=3), max_leaves=8
)
_LIST = st.lists(_VALUES, max_size=3).map(lambda held: {"object": "list", "data": held})
_SPELLINGS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    ensure_ascii=st.booleans(),
    indent=st.sampled_from([None, 1, 2, 4, "\t"]),
    separators=st.sampled_from([None, (",", ":"), (", ", ": "), (",", ": "), (" ,", " : ")]),
)
_ODD = st.sampled_from(
    ['{"a":1,"a":2}', "1.0E5", '{"n":1e400}', "[1.10]", '{"a":"\\/"}', '"\\ud800"', "NaN", "[" * 200 + "]" * 200, "-0"]
)


def _spelt(value: object, spelling: dict[str, Any]) -> str:
    return json.dumps(value, **spelling)


JSON_TEXTS = st.builds(_spelt, _VALUES | _LIST, _SPELLINGS) | _ODD
"""JSON in many spellings, and texts that json.loads takes but does not keep."""

_EVENT = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "event: x\n", "id: 7\n", ": ping\n\n", "event:y\n", "\ufeff"]),
    st.builds("{}{}".format, st.sampled_from(["data: ", "data:", "data:  "]), JSON_TEXTS | st.just("[DONE]")),
    st.sampled_from(["\n\n", "\r\n\r\n", "\n", "", "\n\n\n", "   \n\n"]),
)
EVENTS = st.lists(_EVENT, max_size=4).map("".join) | st.lists(JSON_TEXTS, max_size=3).map("\n".join)
"""Event streams and NDJSON, well-formed and not."""

_URLS = st.sampled_from(
    [
        "https://api.openai.com/v1/chat/completions",
        "https://api.openai.com/v1/responses?a=b",
        "http://127.0.0.1:8000/v1/v1/models",
        "https://api.openai.com/v1/models",
        "http://localhost:11434/api/chat",
        "llama-stack://tool/tavily/web_search",
        "http://[broken/v1/models",
    ]
)
_BYTES = (JSON_TEXTS | EVENTS).map(lambda text: text.encode("utf-8", "surrogatepass"))


def _call(base: Interaction, url: str, method: str, asked: bytes | None, answered: bytes) -> Interaction:
    request = replace(base.request, url=url, method=method, body=asked)
    return replace(base, request=request, response=replace(base.response, chunks=(answered,) if answered else ()))


CALLS = st.builds(_call, INTERACTIONS, _URLS, st.sampled_from(["GET", "POST", "DELETE"]), st.none() | _BYTES, _BYTES)
"""Interactions with LLM endpoints, each with any such body."""
