"""OpenAI's WebSocket connections: the handshakes, and what a client sends on them, each message as a call of its own.

Events as in openai 3.54 (`types.realtime`, `types.responses.responses_client_event_param`). A message is a request
"SEND" of the handshake's URL (llmvcr.sockets); what is asked of the model stands in its body, as in a POST.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules as rules
from llmvcr.providers.base import Endpoint, Rule

__all__ = ["SOCKET_CALLS"]

_DRAWN = "drawn by the client for an event or an item of its own, or by the server and echoed"
_ITEM = ("id", "call_id", "approval_request_id")

_REALTIME: tuple[Rule, ...] = (
    *(Rule(path, "id", _DRAWN) for path in ("event_id", "item_id", "response_id")),
    # `previous_item_id` is none of them, as it also takes the word "root"; a drawn id is known from its item.
    *(Rule(f"{item}.{name}", "id", _DRAWN) for item in ("item", "response.input[*]") for name in _ITEM),
    Rule("audio", "base64", "the bytes of a sound"),
    Rule("item.content[*].audio", "base64", "the bytes of a sound"),
    Rule("response.input[*].content[*].audio", "base64", "the bytes of a sound"),
    *(
        Rule(path, "null", "nullable in the API's own types: null asks for the default, as leaving it out does")
        for path in ("response.metadata", "response.prompt", "session.prompt", "session.tracing")
    ),
)

SOCKET_CALLS: tuple[Endpoint, ...] = (
    *(
        row
        for name, path in (("realtime", "/realtime"), ("realtime.translations", "/realtime/translations"))
        for row in (
            Endpoint(f"{name}.connect", "GET", path),
            Endpoint(f"{name}.send", "SEND", path, _REALTIME, body_keys=("type",)),
        )
    ),
    Endpoint("responses.connect", "GET", "/responses", rules.BETA),
    Endpoint(
        "responses.send",
        "SEND",
        "/responses",
        (*rules.RESPONSE, Rule("event_id", "id", _DRAWN)),
        body_keys=("type",),
    ),
)
"""Rows of the provider `openai`."""
