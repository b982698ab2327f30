"""Calls that failed: llama-stack's exception form to HTTP and back.

An SDK's message is "Error code: N - " and the repr of the error's JSON, so that JSON can be had from it; what never
was an HTTP answer (a refused connection) stands as status 599 with the reason "llmvcr: <class>".
"""

from __future__ import annotations

import ast
import json
import re
from http import HTTPStatus

from llmvcr.formats.typed import lenient
from llmvcr.interaction import Json, Response

__all__ = ["NO_ANSWER", "REASON", "error_json", "phrase", "rebuilt", "stated"]

NO_ANSWER = 599
REASON = "llmvcr: "
_CODE = re.compile(r"Error code: \d+ - ")
_DEEPEST = 60
_STRING = r"""'(?:[^'\\\n]|\\.)*+'|"(?:[^"\\\n]|\\.)*+\""""
_STRINGS = re.compile(_STRING)
_NUMBER = r"-?\d{1,400}(?:\.\d*)?(?:e[-+]?\d{1,5})?"
_REPR = re.compile(rf"(?:{_STRING}|{_NUMBER}|None|True|False|[\[\]{{}},:\s])*+")
_BRACKETS = re.compile(r"[\[\]{}]")
_TYPES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
_SERVER = 500
_STATUSES = range(100, 1000)


def phrase(status: int) -> str:
    """Give the standard reason phrase of a status, "" where there is none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def error_json(exception: dict[str, Json]) -> Json:
    """Give the JSON that the server sent with an error, as well as the exception lets know it."""
    message = exception.get("message")
    if isinstance(message, str) and (head := _CODE.match(message)):
        try:
            value = _literal(message[head.end() :])
            if json.loads(json.dumps(value)) == value:
                return value
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            pass  # the message was cut or is no repr: `body` says what it can
    body = exception.get("body")
    return {"error": body if body is not None else {"message": message, "type": exception.get("type")}}


def _literal(text: str) -> Json:
    """Read the repr of a JSON value; raises ValueError for anything else, before Python's parser sees it.

    The parser calls itself once a level, and a process dies where a thread's stack is too small for that.
    """
    depth = deepest = 0
    if _REPR.fullmatch(text) is None:
        raise ValueError("is no repr of a JSON value")
    for mark in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        raise ValueError("is nested too deep")
    return ast.literal_eval(text)


def rebuilt(exception: dict[str, Json]) -> Response:
    """Give the answer that makes an SDK raise this exception, asking once only."""
    status = exception.get("status_code")
    if type(status) is not int or status not in _STATUSES:
        return Response(NO_ANSWER, f"{REASON}{exception.get('type')}")
    body = json.dumps(error_json(exception), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    headers = (("content-type", "application/json"), ("x-should-retry", "false"))
    return Response(status, phrase(status), headers, (body,))


def stated(response: Response, provider: str) -> dict[str, Json]:
    """Give the `response` that llama-stack writes for an answer with an error status.

    The message is the one that the openai and anthropic SDKs make: the code, and the repr of the error's JSON.
    """
    status = response.status
    if status == NO_ANSWER and response.reason.startswith(REASON):
        name = response.reason.removeprefix(REASON)
        message = "Request timed out." if name == "APITimeoutError" else "Connection error."
        data: dict[str, Json] = {"category": "unknown", "type": name, "message": message}
    else:
        value = lenient(response.body)
        text = response.body.decode(errors="replace") or f"Error code: {status}"
        message = text if value is None else f"Error code: {status} - {value}"
        name = _TYPES.get(status, "InternalServerError" if status >= _SERVER else "APIStatusError")
        body = value.get("error", value) if isinstance(value, dict) else value
        data = {"category": "provider_sdk", "provider": provider, "type": name, "message": message}
        data |= {"status_code": status, "body": body}
    return {
        "body": None,
        "is_streaming": False,
        "is_exception": True,
        "exception_data": data,
        "exception_message": message,
    }
