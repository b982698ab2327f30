"""Between vcrpy's request and response values and our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcr.request import Request as VcrRequest
from vcr.serializers.compat import convert_to_bytes
from vcr.util import read_body

from llmvcr.errors import ReadError
from llmvcr.formats import extra, vcr_dict
from llmvcr.interaction import Interaction, Request, Response

__all__ = [
    "Pair",
    "filters",
    "loaded_request",
    "settle",
    "to_interaction",
    "to_pair",
    "to_request",
    "to_response",
    "to_vcr_request",
    "uncopied",
]

Pair = tuple[Any, dict[str, Any]]
"""A vcrpy request and the response that belongs to it, as `Cassette.data` holds them."""


def to_request(request: Any) -> Request:
    """Return what a vcrpy request says, as ours; what is ours already comes back as it is."""
    if isinstance(request, Request):
        return request
    headers = tuple([(_text(name), _text(value)) for name, value in request.headers.items()])
    body = request.body
    return Request(request.method, request.uri, headers, body if type(body) is bytes else _bytes(read_body(request)))


def to_vcr_request(request: Any) -> Any:
    """Return vcrpy's request for ours, and vcrpy's own as it is; of a repeated header vcrpy's keeps the last value."""
    if not isinstance(request, Request):
        return request
    return VcrRequest(request.method, request.url, request.body, dict(request.headers))


def loaded_request(request: Request) -> Any:
    """Return vcrpy's request for one that stood in a file, as vcrpy would have read it."""
    return VcrRequest(request.method, request.url, request.body, vcr_dict.grouped(request.headers))


def filters(hook: Callable[[Any], Any]) -> list[Callable[[Any], Any]] | None:
    """Return what a merged `before_record_request` or `before_record_response` of vcrpy's calls; None for any other."""
    code = getattr(hook, "__code__", None)
    cells = getattr(hook, "__closure__", None)
    if code is None or not cells or code.co_freevars != ("filter_functions",) or hook.__module__ != "vcr.config":
        return None
    chain: list[Callable[[Any], Any]] = cells[0].cell_contents
    return chain


def uncopied(hook: Callable[[Any], Any]) -> Callable[[Request], Any]:
    """Return a merged `before_record_request` as a function of our request, which it cannot change.

    vcrpy's own chain of filters begins with a deep copy of what it is given. That costs more than all else which a
    replay does, and is not needed of a request that was made for the chain; without filters none is made.
    """
    chain = filters(hook)
    if chain is None:
        return lambda request: hook(to_vcr_request(request))

    def filtered(request: Request) -> Any:
        wanted = to_vcr_request(request) if chain else request
        for function in chain:
            if wanted is None:
                break
            wanted = function(wanted)
        return wanted

    return filtered


def to_pair(interaction: Interaction) -> Pair:
    """Return an interaction as vcrpy holds it; what HTTP does not say stands in the response under our own key."""
    said = vcr_dict.from_interaction(interaction, in_place=False)
    # Stubs keep facts of their own in a response (tornado its `url`), and look for them there.
    response = {**interaction.unknown.get("response", {}), **said["response"]}
    return VcrRequest(**said["request"]), convert_to_bytes(response)


def to_interaction(request: Any, response: dict[str, Any], *, path: str, number: int) -> Interaction:
    """Return what vcrpy holds as an interaction; raises ReadError where a hook left a response without its parts."""
    ours = to_request(request)
    grouped: dict[str, list[str]] = {}
    for name, value in ours.headers:
        grouped.setdefault(name, []).append(value)
    said = {"method": ours.method, "uri": ours.url, "body": ours.body, "headers": grouped}
    return vcr_dict.to_interaction({"request": said, "response": response}, path=path, number=number)


def to_response(response: dict[str, Any], *, path: str, number: int) -> Response:
    """Return what a response of vcrpy says, as ours."""
    nothing: dict[str, Any] = {"method": "GET", "uri": "", "body": None, "headers": {}}
    return vcr_dict.to_interaction({"request": nothing, "response": response}, path=path, number=number).response


def settle(request: Any, response: dict[str, Any]) -> None:
    """Forget, in place, what stands under our key about headers and body that a user's hook has changed since.

    Header lines and boundaries are kept beside what vcrpy holds; they must not keep what a hook took out.
    """
    if extra.KEY not in response:
        return
    try:
        told = to_pair(to_interaction(request, response, path="", number=0))[1].get(extra.KEY)
    except ReadError:  # a response of the user's own making, for a serializer of their own
        told = None
    if told is None:
        del response[extra.KEY]
    else:
        response[extra.KEY] = told


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else bytes(body)


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
