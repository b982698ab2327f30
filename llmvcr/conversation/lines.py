"""A call that is no conversation, said in a line: embeddings, images, audio, moderations, lists, files and the like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llmvcr.conversation.looking import Path, at, first, number, objects, spelt, string
from llmvcr.conversation.opening import Opened
from llmvcr.interaction import Json

__all__ = ["line"]

_ASKED: tuple[Path, ...] = (("input",), ("inputs",), ("texts",), ("requests",), ("prompt",), ("content",), ("images",))
_VECTORS: tuple[Path, ...] = (
    ("data",),
    ("embeddings", "float"),
    ("embeddings", "base64"),
    ("embeddings",),
    ("embedding", "values"),
    ("embedding",),
)
_VECTOR: tuple[Path, ...] = (("embedding",), ("values",))
_TOKENS: tuple[Path, ...] = (("input_tokens",), ("totalTokens",), ("inputTokens",), ("total_tokens",))
_MEMBERS: tuple[Path, ...] = (("data",), ("models",), ("files",), ("items",), ("results",), ("output",))
_WHICH: tuple[Path, ...] = (("object",), ("type",), ("kind",))
_IDS: tuple[Path, ...] = (("id",), ("name",), ("file", "name"))
_STATES: tuple[Path, ...] = (("status",), ("state",), ("file", "state"))
_LONGEST = 80
_FLOAT = 4  # bytes of a number in a vector that is spelt in base64

_Say = Callable[[Json, Opened], str]


@dataclass(frozen=True, slots=True)
class _Line:
    """The endpoints whose names have one of these words, between dots, and what is said of their calls."""

    words: frozenset[str]
    say: _Say


def line(endpoint: str, body: Json, answer: Opened) -> str | None:
    """Say a call of this endpoint in a line; None for an endpoint that is none of these. Never raises."""
    words = {word for part in endpoint.split(".") for word in (part, *part.split("_"))}
    found = next((row for row in _LINES if row.words & words), None)
    return found.say(body, answer) if found else None


def _embeddings(body: Json, answer: Opened) -> str:
    asked = first(body, _ASKED)
    texts = len(asked) if isinstance(asked, list) and not all(isinstance(one, int) for one in asked) else 1
    vectors = first(answer.value, _VECTORS) or []
    several = isinstance(vectors, list) and any(isinstance(one, dict | list | str) for one in vectors)
    sizes = [_size(one) for one in (vectors if several else [vectors])]
    return f"{_number(texts, 'input')}: {_number(len(sizes), 'vector')} of {sizes[0] if sizes else 0}"


def _size(vector: Json) -> int:
    inner = first(vector, _VECTOR) if isinstance(vector, dict) else vector
    if isinstance(inner, str):
        return len(inner.rstrip("=")) * 3 // 4 // _FLOAT
    return len(inner) if isinstance(inner, list) else 0


def _images(body: Json, answer: Opened) -> str:
    made = objects(at(answer.value, "data")) or objects(at(answer.value, "predictions"))
    return f"{_quoted(at(body, 'prompt'))}: {_number(len(made), 'image')}"


def _moderations(body: Json, answer: Opened) -> str:
    asked = at(body, "input")
    results = objects(at(answer.value, "results"))
    found = [name for one in results for name, said in _pairs(at(one, "categories")) if said is True]
    verdict = f"flagged: {', '.join(dict.fromkeys(found))}" if found else "not flagged"
    return f"{_number(len(asked) if isinstance(asked, list) else 1, 'input')}: {verdict}"


def _rerank(body: Json, answer: Opened) -> str:
    documents = first(body, (("documents",), ("texts",)))
    ranked = objects(first(answer.value, (("results",), ("data",), ())) or answer.value)
    told = [f"{at(one, 'index')} ({first(one, (('relevance_score',), ('score',)))})" for one in ranked[:1]]
    count = _number(len(documents) if isinstance(documents, list) else 0, "document")
    return f"{count}{': best is ' if told else ''}{''.join(told)}"


def _speech(body: Json, answer: Opened) -> str:
    return f"{_quoted(at(body, 'input'))}: {len(answer.plain)} bytes of audio"


def _heard(body: Json, answer: Opened) -> str:
    file = string(at(body, "file", "filename")) or "audio"
    told = string(at(answer.value, "text")) or ("" if answer.form != "text" else answer.plain.decode())
    return f"{file}: {_quoted(told)}"


def _counted(_body: Json, answer: Opened) -> str:
    tokens = first(answer.value, _TOKENS)
    return _number(tokens, "token") if isinstance(tokens, int) else _thing(_body, answer)


def _listed(_body: Json, answer: Opened) -> str:
    members = first(answer.value, _MEMBERS)
    return _number(len(members if isinstance(members, list) else objects(answer.value)), "entry", "entries")


def _thing(_body: Json, answer: Opened) -> str:
    if answer.form in ("bytes", "text", "empty"):
        return f"{len(answer.plain)} bytes"
    if answer.form == "stream":
        return _number(len(answer.events), "event")
    if isinstance(answer.value, list):
        return _number(len(answer.value), "entry", "entries")
    said = [string(first(answer.value, paths)) for paths in (_WHICH, _IDS, _STATES)]
    text = "".join(_quoted(one) for one in _texts(answer.value)[:1])
    return ", ".join([one for one in (" ".join(filter(None, said[:2])), said[2], text) if one]) or "JSON"


def _texts(value: Json) -> list[str]:
    told = (at(one, "text", "value") for one in objects(at(value, "content")))
    return [one for one in told if isinstance(one, str)]


def _pairs(value: Json) -> list[tuple[str, Json]]:
    return list(value.items()) if isinstance(value, dict) else []


def _quoted(value: Json) -> str:
    text = " ".join(spelt(value).split())
    return f'"{text if len(text) <= _LONGEST else text[: _LONGEST - 2] + " …"}"'


def _number(count: int | None, one: str, several: str = "") -> str:
    return f"{number(count) or 0} {one if count == 1 else several or one + 's'}"


_LINES = (
    _Line(frozenset({"list", "tags", "ps"}), _listed),
    _Line(frozenset({"embeddings", "embedding", "embed", "embedContent", "batchEmbedContents", "embeds"}), _embeddings),
    _Line(frozenset({"images"}), _images),
    _Line(frozenset({"moderations"}), _moderations),
    _Line(frozenset({"rerank", "reranking"}), _rerank),
    _Line(frozenset({"speech"}), _speech),
    _Line(frozenset({"transcriptions", "translations"}), _heard),
    _Line(frozenset({"tokens", "countTokens", "input_tokens", "tokenize", "detokenize"}), _counted),
    _Line(
        frozenset(
            {
                *("assistants", "audio", "batches", "cachedContents", "credits", "files", "fine", "generation", "jobs"),
                *("key", "models", "other", "predictions", "profile", "pull", "realtime", "retrieve", "streams"),
                *("cancel", "delete", "get", "score", "status", "store", "stores", "threads", "tunedModels", "videos"),
            }
        ),
        _thing,
    ),
)
"""In the order in which they are asked."""
