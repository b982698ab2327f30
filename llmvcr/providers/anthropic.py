"""Anthropic's API, at home, on Amazon Bedrock and on Google Vertex AI: its calls and the SDK's types for their answers.

Paths and types as in anthropic 2.12 (its `resources`, `lib.bedrock` and `lib.vertex`). The SDK's beta namespace asks
the same paths with `?beta=true` and gives the same JSON in classes of its own (BetaMessage for Message): those of the
plain namespace are named here, whichever was used.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from llmvcr.providers import anthropic_rules as rules
from llmvcr.providers.base import Endpoint, Provider

__all__ = ["ANTHROPIC", "MESSAGE_EVENTS", "ON_BEDROCK", "ON_VERTEX"]

_BATCH = "anthropic.types.messages.message_batch.MessageBatch"
_BATCH_DELETED = "anthropic.types.messages.deleted_message_batch.DeletedMessageBatch"
_BATCH_RESULT = "anthropic.types.messages.message_batch_individual_response.MessageBatchIndividualResponse"
_COUNT = "anthropic.types.message_tokens_count.MessageTokensCount"
_FILE = "anthropic.types.file_metadata.FileMetadata"
_FILE_DELETED = "anthropic.types.deleted_file.DeletedFile"
_MESSAGE = "anthropic.types.message.Message"
_MODEL = "anthropic.types.model_info.ModelInfo"

MESSAGE_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "content_block_delta": "anthropic.types.raw_content_block_delta_event.RawContentBlockDeltaEvent",
        "content_block_start": "anthropic.types.raw_content_block_start_event.RawContentBlockStartEvent",
        "content_block_stop": "anthropic.types.raw_content_block_stop_event.RawContentBlockStopEvent",
        "message_delta": "anthropic.types.raw_message_delta_event.RawMessageDeltaEvent",
        "message_start": "anthropic.types.raw_message_start_event.RawMessageStartEvent",
        "message_stop": "anthropic.types.raw_message_stop_event.RawMessageStopEvent",
    }
)
"""A streamed message; of `ping` the SDK gives the application nothing."""

_MESSAGE_CALLS = (
    Endpoint(
        "messages",
        "POST",
        "/messages",
        rules.MESSAGE,
        reply=_MESSAGE,
        events=MESSAGE_EVENTS,
        body_keys=("max_tokens", "messages"),
    ),
    Endpoint(
        "messages.count_tokens", "POST", "/messages/count_tokens", rules.COUNT, reply=_COUNT, body_keys=("messages",)
    ),
    # Gone from the SDK, still answered for the models of that time.
    Endpoint("completions", "POST", "/complete", rules.COMPLETION, body_keys=("max_tokens_to_sample", "prompt")),
)

_BATCH_CALLS = (
    Endpoint(
        "messages.batches.create", "POST", "/messages/batches", rules.BATCH, reply=_BATCH, body_keys=("requests",)
    ),
    Endpoint("messages.batches.list", "GET", "/messages/batches", rules.CALL, items=_BATCH),
    Endpoint("messages.batches.retrieve", "GET", "/messages/batches/{message_batch_id}", rules.CALL, reply=_BATCH),
    Endpoint(
        "messages.batches.delete", "DELETE", "/messages/batches/{message_batch_id}", rules.CALL, reply=_BATCH_DELETED
    ),
    Endpoint(
        "messages.batches.cancel", "POST", "/messages/batches/{message_batch_id}/cancel", rules.CALL, reply=_BATCH
    ),
    # One JSON document a line. One line alone is a whole JSON body.
    Endpoint(
        "messages.batches.results",
        "GET",
        "/messages/batches/{message_batch_id}/results",
        rules.CALL,
        reply=_BATCH_RESULT,
        chunk=_BATCH_RESULT,
    ),
)

_FILE_CALLS = (
    Endpoint("files.upload", "POST", "/files", rules.CALL, reply=_FILE),
    Endpoint("files.list", "GET", "/files", rules.CALL, items=_FILE),
    Endpoint("files.retrieve_metadata", "GET", "/files/{file_id}", rules.CALL, reply=_FILE),
    Endpoint("files.delete", "DELETE", "/files/{file_id}", rules.CALL, reply=_FILE_DELETED),
    Endpoint("files.download", "GET", "/files/{file_id}/content", rules.CALL),
)

_MODEL_CALLS = (
    Endpoint("models.list", "GET", "/models", rules.CALL, items=_MODEL),
    Endpoint("models.retrieve", "GET", "/models/{model_id}", rules.CALL, reply=_MODEL),
)

_IN_CLOUDS = ("anthropic_version", "messages")
_VERTEX = "/projects/{project}/locations/{location}/publishers/anthropic/models"

ON_BEDROCK: tuple[Endpoint, ...] = (
    Endpoint(
        "invoke_model.messages", "POST", "/model/{model}/invoke", rules.MESSAGE, reply=_MESSAGE, body_keys=_IN_CLOUDS
    ),
    # An AWS event stream of the same events.
    Endpoint(
        "invoke_model_with_response_stream.messages",
        "POST",
        "/model/{model}/invoke-with-response-stream",
        rules.MESSAGE,
        events=MESSAGE_EVENTS,
        body_keys=_IN_CLOUDS,
    ),
)
"""Messages on Amazon Bedrock: the model in the path, "anthropic_version" in the body. Rows of `bedrock`."""

ON_VERTEX: tuple[Endpoint, ...] = (
    Endpoint(
        "rawPredict.count_tokens",
        "POST",
        f"{_VERTEX}/count-tokens:rawPredict",
        rules.COUNT,
        reply=_COUNT,
        body_keys=("messages",),
    ),
    Endpoint(
        "rawPredict.messages",
        "POST",
        f"{_VERTEX}/{{model}}:rawPredict",
        rules.MESSAGE,
        reply=_MESSAGE,
        body_keys=_IN_CLOUDS,
    ),
    Endpoint(
        "streamRawPredict.messages",
        "POST",
        f"{_VERTEX}/{{model}}:streamRawPredict",
        rules.MESSAGE,
        # What is asked without "stream" is answered whole.
        reply=_MESSAGE,
        events=MESSAGE_EVENTS,
        body_keys=_IN_CLOUDS,
    ),
)
"""Messages on Vertex AI. Rows of `gemini`."""

ANTHROPIC = Provider(
    name="anthropic",
    hosts=("api.anthropic.com", "*.api.anthropic.com"),
    endpoints=(*_MESSAGE_CALLS, *_BATCH_CALLS, *_FILE_CALLS, *_MODEL_CALLS),
    # In free text an id is one only with a drawn tail behind the prefix. Others write "file_" and "req_", too.
    id_prefixes=(
        *("mcptoolu_", "msg_", "msg_bdrk_", "msg_vrtx_", "msgbatch_"),
        *("srvtoolu_", "srvtoolu_bdrk_", "srvtoolu_vrtx_", "toolu_", "toolu_bdrk_", "toolu_vrtx_"),
    ),
    secret_headers=("x-api-key",),
    account_headers=("anthropic-organization-id", "anthropic-workspace-id"),
    rules=rules.CALL,
)
"""The provider `anthropic`."""
