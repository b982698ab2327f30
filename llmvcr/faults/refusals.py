"""What each provider answers when it refuses a call, as rows: the shape of its errors, and its words by status."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from types import MappingProxyType

from llmvcr.interaction import Headers, Json

__all__ = ["reason", "refusal"]

_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_AMAZON = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
_OPENAI_TYPES = {429: "requests", 500: "server_error", 503: "service_unavailable_error"}
_OPENAI_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


@dataclass(frozen=True, slots=True)
class _Refused:
    """One refusal, in the words that the shapes below are filled with."""

    status: int
    message: str
    retry_after: float | None

    @property
    def is_clients(self) -> bool:
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR


_Shape = Callable[[_Refused], tuple[Json, Headers]]


def _openai(told: _Refused) -> tuple[Json, Headers]:
    kind = _OPENAI_TYPES.get(told.status, "invalid_request_error" if told.is_clients else "server_error")
    error = {"message": told.message, "type": kind, "param": None, "code": _OPENAI_CODES.get(told.status)}
    return {"error": error}, (("x-request-id", "req_made_up_by_llmvcr"),)


def _anthropic(told: _Refused) -> tuple[Json, Headers]:
    kind = _ANTHROPIC.get(told.status, "invalid_request_error" if told.is_clients else "api_error")
    name = "req_made_up_by_llmvcr"
    error = {"type": kind, "message": "Overloaded" if kind == "overloaded_error" else told.message}
    return {"type": "error", "error": error, "request_id": name}, (("request-id", name),)


def _google(told: _Refused) -> tuple[Json, Headers]:
    kind = _GOOGLE.get(told.status, "FAILED_PRECONDITION" if told.is_clients else "INTERNAL")
    error: dict[str, Json] = {"code": told.status, "message": told.message, "status": kind}
    if told.retry_after is not None:
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{told.retry_after:g}s"}
        error["details"] = [delay]
    return {"error": error}, ()


def _amazon(told: _Refused) -> tuple[Json, Headers]:
    kind = _AMAZON.get(told.status, "ValidationException" if told.is_clients else "InternalServerException")
    return {"message": told.message}, (("x-amzn-errortype", kind), ("x-amzn-requestid", "made-up-by-llmvcr"))


def _azure(told: _Refused) -> tuple[Json, Headers]:
    return {"error": {"code": str(told.status), "message": told.message}}, ()


def _mistral(told: _Refused) -> tuple[Json, Headers]:
    kind = "rate_limited" if told.status == HTTPStatus.TOO_MANY_REQUESTS else "invalid_request_error"
    error = {"object": "error", "message": told.message, "type": kind if told.is_clients else "internal_server_error"}
    return {**error, "param": None, "code": None}, ()


def _cloudflare(told: _Refused) -> tuple[Json, Headers]:
    errors = [{"code": told.status, "message": told.message}]
    return {"success": False, "errors": errors, "messages": [], "result": None}, ()


def _watsonx(told: _Refused) -> tuple[Json, Headers]:
    errors = [{"code": "rate_limit_reached_requests" if told.is_clients else "internal_error", "message": told.message}]
    return {"errors": errors, "trace": "made-up-by-llmvcr", "status_code": told.status}, ()


def _bare(name: str) -> _Shape:
    return lambda told: ({name: told.message}, ())


_SHAPES = MappingProxyType(
    {
        "anthropic": _anthropic,
        "azure": _azure,
        "bedrock": _amazon,
        "cloudflare": _cloudflare,
        "cohere": _bare("message"),
        "gemini": _google,
        "huggingface": _bare("error"),
        "jina": _bare("detail"),
        "mistral": _mistral,
        "ollama": _bare("error"),
        "replicate": _bare("detail"),
        "voyage": _bare("detail"),
        "watsonx": _watsonx,
    }
)
"""By provider; all others, and servers that speak OpenAI's API, answer in OpenAI's shape."""

_MESSAGES = {429: "Rate limit reached", 500: "Internal server error", 503: "The model is overloaded", 529: "Overloaded"}


def refusal(provider: str, status: int, retry_after: float | None) -> tuple[bytes, Headers]:
    """Give the body of a refusal as `provider` (a name, or "" for other traffic) writes it, and its own headers."""
    said = _MESSAGES.get(status) or reason(status) or f"Status {status}"
    told = _Refused(status, f"{said} (a fault made by llmvcr).", retry_after)
    shape = _SHAPES.get(provider, _openai) if provider else _bare("error")
    value, headers = shape(told)
    return json.dumps(value).encode(), headers


def reason(status: int) -> str:
    """Give the reason phrase of a status, "" where HTTP knows none (529)."""
    return responses.get(status, "")
