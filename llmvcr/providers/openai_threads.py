"""OpenAI's calls about what was said before: assistants, threads, runs, conversations, and realtime sessions.

Paths and types as in openai 3.54 (its `resources`). Which assistant, thread, run or conversation a call is about is
compared, in the path and as `assistant_id`: the replayed answers name the recorded ones.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules as rules
from llmvcr.providers.base import Endpoint

__all__ = ["THREAD_CALLS"]

_ASSISTANT = "openai.types.beta.assistant.Assistant"
_CONVERSATION = "openai.types.conversations.conversation.Conversation"
# A union: which member it is, each item says by its `type`.
_ITEM = "openai.types.conversations.conversation_item.ConversationItem"
_MESSAGE = "openai.types.beta.threads.message.Message"
# A streamed run has no class by event: the SDK makes one of the SSE event's name and its data together.
_RUN = "openai.types.beta.threads.run.Run"
_STEP = "openai.types.beta.threads.runs.run_step.RunStep"
_THREAD = "openai.types.beta.thread.Thread"

_ASSISTANT_CALLS = (
    Endpoint("assistants.create", "POST", "/assistants", rules.ASSISTANT, reply=_ASSISTANT, body_keys=("model",)),
    Endpoint("assistants.list", "GET", "/assistants", items=_ASSISTANT),
    Endpoint("assistants.retrieve", "GET", "/assistants/{assistant_id}", reply=_ASSISTANT),
    Endpoint("assistants.update", "POST", "/assistants/{assistant_id}", reply=_ASSISTANT),
    Endpoint(
        "assistants.delete",
        "DELETE",
        "/assistants/{assistant_id}",
        reply="openai.types.beta.assistant_deleted.AssistantDeleted",
    ),
)

_MESSAGES, _RUNS = "/threads/{thread_id}/messages", "/threads/{thread_id}/runs"

_THREAD_CALLS = (
    Endpoint("threads.create", "POST", "/threads", rules.THREAD, reply=_THREAD),
    Endpoint("threads.retrieve", "GET", "/threads/{thread_id}", reply=_THREAD),
    Endpoint("threads.update", "POST", "/threads/{thread_id}", reply=_THREAD),
    Endpoint(
        "threads.delete", "DELETE", "/threads/{thread_id}", reply="openai.types.beta.thread_deleted.ThreadDeleted"
    ),
    Endpoint("threads.create_and_run", "POST", "/threads/runs", rules.RUN, reply=_RUN, body_keys=("assistant_id",)),
    Endpoint(
        "threads.messages.create", "POST", _MESSAGES, rules.MESSAGE, reply=_MESSAGE, body_keys=("content", "role")
    ),
    Endpoint("threads.messages.list", "GET", _MESSAGES, items=_MESSAGE),
    Endpoint("threads.messages.retrieve", "GET", f"{_MESSAGES}/{{message_id}}", reply=_MESSAGE),
    Endpoint("threads.messages.update", "POST", f"{_MESSAGES}/{{message_id}}", reply=_MESSAGE),
    Endpoint(
        "threads.messages.delete",
        "DELETE",
        f"{_MESSAGES}/{{message_id}}",
        reply="openai.types.beta.threads.message_deleted.MessageDeleted",
    ),
    Endpoint("threads.runs.create", "POST", _RUNS, rules.RUN, reply=_RUN, body_keys=("assistant_id",)),
    Endpoint("threads.runs.list", "GET", _RUNS, items=_RUN),
    Endpoint("threads.runs.retrieve", "GET", f"{_RUNS}/{{run_id}}", reply=_RUN),
    Endpoint("threads.runs.update", "POST", f"{_RUNS}/{{run_id}}", reply=_RUN),
    Endpoint("threads.runs.cancel", "POST", f"{_RUNS}/{{run_id}}/cancel", reply=_RUN),
    Endpoint(
        "threads.runs.submit_tool_outputs",
        "POST",
        f"{_RUNS}/{{run_id}}/submit_tool_outputs",
        rules.TOOL_OUTPUTS,
        reply=_RUN,
        body_keys=("tool_outputs",),
    ),
    Endpoint("threads.runs.steps.list", "GET", f"{_RUNS}/{{run_id}}/steps", items=_STEP),
    Endpoint("threads.runs.steps.retrieve", "GET", f"{_RUNS}/{{run_id}}/steps/{{step_id}}", reply=_STEP),
)

_ITEMS = "/conversations/{conversation_id}/items"

_CONVERSATION_CALLS = (
    Endpoint("conversations.create", "POST", "/conversations", rules.CONVERSATION, reply=_CONVERSATION),
    Endpoint("conversations.retrieve", "GET", "/conversations/{conversation_id}", reply=_CONVERSATION),
    Endpoint(
        "conversations.update",
        "POST",
        "/conversations/{conversation_id}",
        reply=_CONVERSATION,
        body_keys=("metadata",),
    ),
    Endpoint(
        "conversations.delete",
        "DELETE",
        "/conversations/{conversation_id}",
        reply="openai.types.conversations.conversation_deleted_resource.ConversationDeletedResource",
    ),
    Endpoint(
        "conversations.items.create",
        "POST",
        _ITEMS,
        rules.CONVERSATION,
        reply="openai.types.conversations.conversation_item_list.ConversationItemList",
        body_keys=("items",),
    ),
    Endpoint("conversations.items.list", "GET", _ITEMS, items=_ITEM),
    Endpoint("conversations.items.retrieve", "GET", f"{_ITEMS}/{{item_id}}", reply=_ITEM),
    Endpoint("conversations.items.delete", "DELETE", f"{_ITEMS}/{{item_id}}", reply=_CONVERSATION),
)

_REALTIME_CALLS = (
    Endpoint(
        "realtime.client_secrets.create",
        "POST",
        "/realtime/client_secrets",
        reply="openai.types.realtime.client_secret_create_response.ClientSecretCreateResponse",
        body_keys=("session",),
    ),
    Endpoint(
        "realtime.sessions.create",
        "POST",
        "/realtime/sessions",
        reply="openai.types.beta.realtime.session_create_response.SessionCreateResponse",
        body_keys=("model",),
    ),
    Endpoint(
        "realtime.transcription_sessions.create",
        "POST",
        "/realtime/transcription_sessions",
        reply="openai.types.beta.realtime.transcription_session.TranscriptionSession",
    ),
    Endpoint("realtime.calls.create", "POST", "/realtime/calls", rules.REALTIME_CALL, body_keys=("sdp",)),
    *(
        Endpoint(f"realtime.calls.{word}", "POST", f"/realtime/calls/{{call_id}}/{word}")
        for word in ("accept", "hangup", "refer", "reject")
    ),
)

THREAD_CALLS: tuple[Endpoint, ...] = (*_ASSISTANT_CALLS, *_THREAD_CALLS, *_CONVERSATION_CALLS, *_REALTIME_CALLS)
"""Rows of the provider `openai`."""
