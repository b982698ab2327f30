"""OpenAI's calls beside the chat: what may vary between two of them, and what may not."""

from __future__ import annotations

import pytest

from provider_tables import Call, Change, cut, method, put, respelt, said, same, swapped, url

HOME = "https://api.openai.com/v1"
FILE, OTHER_FILE = "file-3xY7aQ9bK2mN5pR8sT1uV4", "file-9zX8cV7bN6mA5sD4fG3hJ2"
THREAD = f"{HOME}/threads/thread_abc123abc123abc123abc123"
RUN = f"{THREAD}/runs/run_abc123abc123abc123abc123"

ASSISTANT = Call(f"{HOME}/assistants", {"model": "gpt-4o", "instructions": "Be terse.", "tools": [{"type": "x"}]})
START = Call(
    f"{THREAD}/runs", {"assistant_id": "asst_abc123ABC456abc789ABC012", "instructions": "Be terse.", "temperature": 0.5}
)
MESSAGE = Call(
    f"{THREAD}/messages",
    {
        "role": "user",
        "content": [{"type": "text", "text": "hi"}, {"type": "image_file", "image_file": {"file_id": FILE}}],
        "attachments": [{"file_id": FILE, "tools": [{"type": "file_search"}]}],
    },
)
OUTPUTS = Call(
    f"{RUN}/submit_tool_outputs",
    {
        "tool_outputs": [
            {"tool_call_id": "call_319QZhydsGa9KKOaVafYDMO2", "output": "21"},
            {"tool_call_id": "call_BQ5nZrVKvHhXz2nLrQ0dTs8W", "output": "27"},
        ]
    },
)
STORE = Call(f"{HOME}/vector_stores", {"name": "notes", "file_ids": [FILE, OTHER_FILE]})
SEARCH = Call(f"{HOME}/vector_stores/vs_1/search", {"query": "refunds", "max_num_results": 5})
STORE_FILE = Call(f"{HOME}/vector_stores/vs_1/files", {"file_id": FILE, "attributes": {"year": 2025}})
BATCH = Call(
    f"{HOME}/batches",
    {"input_file_id": FILE, "endpoint": "/v1/chat/completions", "completion_window": "24h"},
)
ITEMS = Call(
    f"{HOME}/conversations/conv_1/items",
    {
        "items": [
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "clock", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "12:00"},
        ]
    },
)
SECRET = Call(f"{HOME}/realtime/client_secrets", {"session": {"type": "realtime", "model": "gpt-realtime"}})
JOB = Call(f"{HOME}/fine_tuning/jobs", {"model": "gpt-4o-mini", "training_file": FILE})
UPLOAD = Call(f"{HOME}/uploads", {"filename": "a.jsonl", "purpose": "batch", "bytes": 10, "mime_type": "text/jsonl"})
COMPLETE = Call(f"{HOME}/uploads/upload_1/complete", {"part_ids": ["part_a", "part_b"]})
RESPONSE = Call(f"{HOME}/responses", {"model": "gpt-4o", "input": "hi"})
POLL = Call(RUN, None, "GET")


def offer(boundary: str, ports: str, model: str = "gpt-realtime") -> Call:
    """The form with which a browser offers a connection."""
    parts = (("sdp", "application/sdp", f"v=0 {ports}"), ("session", "application/json", f'{{"model":"{model}"}}'))
    text = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n{data}\r\n'
        for name, kind, data in parts
    )
    return Call(f"{HOME}/realtime/calls", f"{text}--{boundary}--\r\n".encode())


def to(other: Call) -> Change:
    """Another call altogether."""
    return lambda _: other


SAME: list[tuple[str, Call, Change]] = [
    ("null asks for the default name", ASSISTANT, put(None, "name")),
    ("null asks for the default temperature", ASSISTANT, put(None, "temperature")),
    ("null resources are none", ASSISTANT, put(None, "tool_resources")),
    ("key order", ASSISTANT, respelt),
    ("method case", POLL, method("get")),
    ("a doubled version", POLL, url("/v1/", "/v1/v1/")),
    ("a fragment", POLL, lambda call: Call(f"{call.url}#now", None, "GET")),
    (
        "null instructions are the assistant's own",
        Call(f"{THREAD}/runs", {"assistant_id": "a"}),
        put(None, "instructions"),
    ),
    ("null tools are the assistant's own", START, put(None, "tools")),
    ("null model is the assistant's own", START, put(None, "model")),
    ("null top_p", START, put(None, "top_p")),
    ("null metadata", START, put(None, "metadata")),
    ("null messages are none", START, put(None, "additional_messages")),
    ("the file was uploaded anew", MESSAGE, said(FILE, OTHER_FILE)),
    ("null metadata of a message", MESSAGE, put(None, "metadata")),
    ("both tool calls were drawn anew", OUTPUTS, said("319QZhydsGa9KK", "0aA9bB8cC7dD6e", "BQ5nZrVKv", "9kK8jJ7iI")),
    ("null stream", OUTPUTS, put(None, "stream")),
    ("the files were uploaded anew", STORE, said(FILE, "file-A1", OTHER_FILE, "file-B2")),
    ("null metadata of a store", STORE, put(None, "metadata")),
    ("null attributes", Call(STORE_FILE.url, {"file_id": FILE}), put(None, "attributes")),
    ("null metadata of a batch", BATCH, put(None, "metadata")),
    ("the item and its call were drawn anew", ITEMS, said("fc_1", "fc_9", "call_1", "call_9")),
    ("null metadata of a conversation", Call(f"{HOME}/conversations", {}), put(None, "metadata")),
    ("null items are none", Call(f"{HOME}/conversations", {}), put(None, "items")),
    ("null seed", JOB, put(None, "seed")),
    ("null suffix", JOB, put(None, "suffix")),
    ("the training file was uploaded anew", JOB, put(OTHER_FILE, "training_file")),
    ("the file was uploaded anew, and put in", STORE_FILE, put(OTHER_FILE, "file_id")),
    ("the requests were uploaded anew", BATCH, put(OTHER_FILE, "input_file_id")),
    ("the beta room of the SDK", RESPONSE, url("/responses", "/responses?beta=true")),
    ("the offer's ports and the boundary are drawn anew", offer("aaa", "port 1"), to(offer("bbb", "port 2"))),
]

DIFFERENT: list[tuple[str, Call, Change]] = [
    ("another model", ASSISTANT, put("gpt-4o-mini", "model")),
    ("other instructions", ASSISTANT, put("Be long.", "instructions")),
    ("no instructions", ASSISTANT, cut("instructions")),
    ("a tool less", ASSISTANT, put([], "tools")),
    (
        "an update that clears a name is not one that leaves it",
        Call(f"{HOME}/assistants/asst_1", {}),
        put(None, "name"),
    ),
    ("another assistant is updated", Call(f"{HOME}/assistants/asst_1", {}), url("asst_1", "asst_2")),
    ("another run is polled", POLL, url("run_abc", "run_abd")),
    ("a run of another thread is polled", POLL, url("thread_abc", "thread_abd")),
    ("cancelled, not polled", POLL, to(Call(f"{RUN}/cancel", None, "POST"))),
    ("the steps, not the run", POLL, url(RUN, f"{RUN}/steps")),
    ("another page of the list", Call(f"{THREAD}/messages?after=msg_1", None, "GET"), url("msg_1", "msg_2")),
    ("another order of the list", Call(f"{THREAD}/messages?order=asc", None, "GET"), url("asc", "desc")),
    ("another assistant runs", START, put("asst_9bc123ABC456abc789ABC012", "assistant_id")),
    ("the run's instructions", START, put("Be long.", "instructions")),
    ("the run's temperature", START, put(0.6, "temperature")),
    ("another thread", START, url("thread_abc", "thread_abd")),
    ("what the user says", MESSAGE, said('"hi"', '"ho"')),
    ("who says it", MESSAGE, put("assistant", "role")),
    ("no file at all", MESSAGE, cut("attachments")),
    ("two files in place of one", MESSAGE, put(OTHER_FILE, "attachments", 0, "file_id")),
    ("the two outputs exchanged", OUTPUTS, swapped("output", 0, 1, "tool_outputs")),
    ("an output", OUTPUTS, said('"27"', '"28"')),
    ("one call's output alone", OUTPUTS, cut("tool_outputs", 1)),
    ("both outputs for one call", OUTPUTS, put("call_319QZhydsGa9KKOaVafYDMO2", "tool_outputs", 1, "tool_call_id")),
    ("another run waits", OUTPUTS, url("run_abc", "run_abd")),
    ("another name", STORE, put("memos", "name")),
    ("a file less", STORE, cut("file_ids", 1)),
    ("one file twice", STORE, put(FILE, "file_ids", 1)),
    ("another question", SEARCH, put("returns", "query")),
    ("more answers", SEARCH, put(6, "max_num_results")),
    ("another store", SEARCH, url("vs_1", "vs_2")),
    ("other attributes", STORE_FILE, put(2026, "attributes", "year")),
    ("the file of another store", Call(f"{STORE_FILE.url}/{FILE}", None, "GET"), url("vs_1", "vs_2")),
    ("another file of the store", Call(f"{STORE_FILE.url}/{FILE}", None, "GET"), url(FILE, OTHER_FILE)),
    ("its content, not the file", Call(f"{STORE_FILE.url}/{FILE}", None, "GET"), url(FILE, f"{FILE}/content")),
    ("taken out, not looked at", Call(f"{STORE_FILE.url}/{FILE}", None, "GET"), method("DELETE")),
    ("the file itself, not the store's", Call(f"{STORE_FILE.url}/{FILE}", None, "GET"), url("/vector_stores/vs_1", "")),
    ("another endpoint", BATCH, put("/v1/embeddings", "endpoint")),
    ("another window", BATCH, put("1h", "completion_window")),
    ("another batch", Call(f"{HOME}/batches/batch_1", None, "GET"), url("batch_1", "batch_2")),
    ("another call answered", ITEMS, put("call_2", "items", 1, "call_id")),
    ("another output", ITEMS, said("12:00", "13:00")),
    ("another conversation", ITEMS, url("conv_1", "conv_2")),
    ("another model in the session", SECRET, put("gpt-realtime-mini", "session", "model")),
    ("another model behind the offer", offer("a", "1"), to(offer("a", "1", "gpt-realtime-mini"))),
    ("trained and validated on one file", put(OTHER_FILE, "validation_file")(JOB), put(FILE, "validation_file")),
    ("another base model", JOB, put("gpt-4o", "model")),
    ("another size", UPLOAD, put(11, "bytes")),
    ("another name of a file", UPLOAD, put("b.jsonl", "filename")),
    ("the parts in another order", COMPLETE, put(["part_b", "part_a"], "part_ids")),
    ("another upload", COMPLETE, url("upload_1", "upload_2")),
    ("a prompt", RESPONSE, put("ho", "input")),
    ("a query that no rule names", RESPONSE, url("/responses", "/responses?dry=true")),
]


@pytest.mark.parametrize(("reason", "call", "change"), SAME, ids=[row[0] for row in SAME])
def test_the_same_call(reason: str, call: Call, change: Change) -> None:
    """What varies from run to run causes no miss."""
    assert same(call, change(call)), reason


@pytest.mark.parametrize(("reason", "call", "change"), DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_a_different_call(reason: str, call: Call, change: Change) -> None:
    """What is asked, and about what, is compared."""
    assert not same(call, change(call)), reason
