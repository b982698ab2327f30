"""Between vcrpy's request and response values and our own."""

from __future__ import annotations

from typing import Any

from vcr.request import Request as VcrRequest
from vcr.serializers.compat import convert_to_bytes
from vcr.util import read_body

from llmvcr.errors import ReadError
from llmvcr.formats import extra, vcr_dict
from llmvcr.interaction import Interaction, Request, Response

__all__ = ["Pair", "settle", "to_interaction", "to_pair", "to_request", "to_response", "to_vcr_request"]

Pair = tuple[Any, dict[str, Any]]
"""A vcrpy request and the response that belongs to it, as `Cassette.data` holds them."""


def to_request(request: Any) -> Request:
    """Return what a vcrpy request says, as ours."""
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return Request(request.method, request.uri, headers, _bytes(read_body(request)))


def to_vcr_request(request: Request) -> Any:
    """Return vcrpy's request for ours; of a header that is repeated vcrpy's keeps the last value only."""
    return VcrRequest(request.method, request.url, request.body, dict(request.headers))


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
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
