"""The shape of a typed recording: wrong types are found before anything is built on them, and their place is named."""

from __future__ import annotations

import json
from dataclasses import dataclass

from llmvcr.errors import ReadError
from llmvcr.formats.extra import KEY
from llmvcr.interaction import Json

__all__ = ["MAX_DEPTH", "Checker", "is_deep", "is_shallow", "loaded"]

MAX_DEPTH = 200
"""How deep lists and objects may nest, as in YAML: what comes after the reading calls itself once a level, and a thread
may have little stack. The deepest of 5,000 public files has 31 levels."""

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_KINDS: dict[type, str] = {
    dict: "an object",
    str: "a string",
    bool: "true or false",
    list: "a list",
    int: "a whole number",
    float: "a number",
}


def loaded(data: bytes, *, path: str) -> Json:
    """Parse a whole file; ReadError for what is not UTF-8, no JSON, or JSON that Python cannot hold."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
        if is_deep(value, MAX_DEPTH):
            raise ReadError(path, "is nested too deep")
        return value
    except UnicodeDecodeError as error:
        raise ReadError(path, f"is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        fix = "the file is cut or was edited; get it back from version control, or record it again"
        where = f"in line {error.lineno}, column {error.colno}"
        raise ReadError(path, f"is no JSON: {error.msg} {where}", fix=fix) from error
    except RecursionError as error:
        raise ReadError(path, "is nested too deep") from error
    except ValueError as error:
        raise ReadError(path, f"holds a number that is too long: {error}") from error


def is_deep(value: Json, most: int) -> bool:
    """Say whether lists and objects nest deeper than so many levels; asked level by level, not by calling itself."""
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def is_shallow(text: bytes, most: int) -> bool:
    """Say whether JSON seems to nest no deeper than so many levels, at little cost.

    False where texts inside of it have brackets that do not pair up: then it has to be looked at. Texts that are meant
    to deceive can make deep JSON seem shallow: what is parsed by recursion is asked for by `nests_deeper`.
    """
    marks = text.translate(None, _NO_BRACKETS)
    for _ in range(most):
        fewer = marks.replace(b"{}", b"").replace(b"[]", b"")
        if len(fewer) == len(marks):
            break
        marks = fewer
    return not marks


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks one recording of one file, and makes the errors that name the place."""

    path: str
    number: int | None = None

    def wrong(self, place: str, reason: str) -> ReadError:
        """Make the error for a place inside the recording ("response.body[7].__data__")."""
        return ReadError(self.path, reason, interaction=self.number, place=place)

    def need(self, parent: dict[str, Json], place: str, key: str, kind: type, *, optional: bool = False) -> None:
        """Raise ReadError unless `parent[key]` is there and of this kind; null counts as absent."""
        where = f"{place}.{key}" if place else key
        value = parent.get(key)
        if value is None:
            if not optional:
                raise self.wrong(where, "is missing" if key not in parent else f"is null, not {_KINDS[kind]}")
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(where, f"is {_name(value)}, not {_KINDS[kind]}")

    def recording(self, item: Json) -> None:
        """Raise ReadError unless this is a recording, whatever its shape, with the right types at every place."""
        if not isinstance(item, dict):
            raise self.wrong("", f"is {_name(item)}, not an object")
        self.need(item, "", "request", dict)
        self.need(item, "", "response", dict)
        self.request(item["request"])
        self.response(item["response"])

    def request(self, request: dict[str, Json]) -> None:
        """Raise ReadError unless the request has the right types."""
        for key in ("url", "method", "endpoint", "provider", "tool_name", "api", "file_id"):
            self.need(request, "request", key, str, optional=True)
        is_http = "payload" in request and not request.keys() & {"tool_name", "file_id"}
        if "url" in request or "method" in request or is_http:
            self.need(request, "request", "url", str)
            self.need(request, "request", "method", str)
        self.need(request, "request", "headers", dict, optional=True)
        self.headers(request.get("headers") or {}, "request.headers")

    def headers(self, headers: dict[str, Json], place: str) -> None:
        """Raise ReadError unless every value is a string or a list of strings."""
        if set(map(type, headers.values())) <= {str}:
            return
        for name, value in headers.items():
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(text, str) for text in values):
                raise self.wrong(f"{place}.{name}", "is neither a string nor a list of strings")

    def response(self, response: dict[str, Json]) -> None:
        """Raise ReadError unless the response has the right types."""
        if "body" not in response:
            raise self.wrong("response.body", "is missing")
        self.need(response, "response", "is_streaming", bool, optional=True)
        self.need(response, "response", "is_exception", bool, optional=True)
        self.need(response, "response", "exception_data", dict, optional=True)
        self.need(response, "response", "status", int, optional=True)
        self.need(response, "response", KEY, dict, optional=True)
        body = response["body"]
        if isinstance(body, list):
            for place, item in enumerate(body):
                self.item(item, f"response.body[{place}]")
                if response.get("is_streaming") and isinstance(item, str):
                    self.line(item, f"response.body[{place}]")
        elif response.get("is_streaming") and body is not None:
            raise self.wrong("response.body", f"is {_name(body)}, not a list, and is_streaming is true")
        else:
            self.item(body, "response.body")

    def line(self, text: str, place: str) -> None:
        """Raise ReadError for a line of a stream that cannot be sent."""
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self.wrong(place, "holds a lone surrogate, which no stream can carry") from None

    def item(self, item: Json, place: str) -> None:
        """Raise ReadError where an item has one half of a typed item, or a type that is no string."""
        if not isinstance(item, dict) or not item.keys() & {"__type__", "__data__"}:
            return
        self.need(item, place, "__type__", str)
        if "__data__" not in item:
            raise self.wrong(f"{place}.__data__", "is missing")
        if strange := sorted(item.keys() - {"__type__", "__data__"}):
            raise self.wrong(f"{place}.{strange[0]}", "stands beside __type__ and __data__")


def _name(value: Json) -> str:
    return "null" if value is None else _KINDS[type(value)]
