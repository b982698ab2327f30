"""The SDK's objects of recorded answers, and the refusal to import what a file names."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import Message
from openai._models import construct_type
from openai.types import Completion, CreateEmbeddingResponse, FileObject, ImagesResponse, Model
from openai.types.audio import TranscriptionVerbose
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseFunctionToolCallItem, ResponseInputMessageItem, ResponseTextDeltaEvent
from openai.types.responses.response_stream_event import ResponseStreamEvent

from llmvcr.errors import LlmvcrError, TypeNameError
from llmvcr.interaction import Headers, Interaction, Json, Request, Response
from llmvcr.sdk_objects import objects
from shared import CASSETTES

HOME = "https://api.openai.com/v1"
CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"


def answered(path: str, answer: bytes | Json, body: Json = None, **more: Any) -> Interaction:
    """An interaction with OpenAI: `answer` is its bytes, or JSON for a plain one."""
    text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    method = more.pop("method", "GET" if body is None else "POST")
    notes = more.pop("notes", {})
    request = Request(method, HOME + path, more.pop("sent", ()), None if body is None else json.dumps(body).encode())
    return Interaction(request, Response(more.pop("status", 200), "", more.pop("headers", ()), (text,)), notes=notes)


def sse(*events: Json) -> bytes:
    """The events as a stream of chat or of responses has them."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def built(kind: Any, data: Json) -> Any:
    """What the SDK's own construct makes of it."""
    return construct_type(type_=kind, value=data)


CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}, "own": 1}],
    "a key of tomorrow": {"x": [1]},
}
CHAT_ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
DELTA = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "h"}}]}
TEXT_DELTA = {
    "type": "response.output_text.delta",
    "delta": "h",
    "item_id": "msg_1",
    "output_index": 0,
    "content_index": 0,
    "sequence_number": 1,
    "logprobs": [],
}


@pytest.mark.parametrize("name", ["weather", "web_search"])
def test_a_seed_gives_what_construct_makes_of_its_data(name: str) -> None:
    """Each chunk of a real stream equals the SDK's construct of the recorded data (decision 30)."""
    recording = json.loads((CASSETTES / "seeds" / f"{name}.json").read_bytes())
    datas = [item["__data__"] for item in recording["response"]["body"]]
    found = objects(answered("/chat/completions", sse(*datas), recording["request"]["body"]))
    wanted = tuple(built(ChatCompletionChunk, data) for data in datas)
    assert found == wanted
    assert [type(one) for one in found] == [ChatCompletionChunk] * len(datas)
    assert [one.model_dump() for one in found] == [one.model_dump() for one in wanted]


@pytest.mark.parametrize(
    ("path", "asked", "answer", "kind"),
    [
        ("/chat/completions", CHAT_ASKED, CHAT, ChatCompletion),
        ("/completions", {"prompt": "x"}, {"id": "cmpl-1", "choices": [{"text": "x"}]}, Completion),
        ("/responses", {"model": "m", "input": "x"}, {"id": "resp_1", "output": [{"type": "message"}]}, SdkResponse),
        ("/responses/resp_1", None, {"id": "resp_1", "output": []}, SdkResponse),
        ("/embeddings", {"input": "x"}, {"object": "list", "data": [{"embedding": [0.5]}]}, CreateEmbeddingResponse),
        ("/embeddings", {"input": "x"}, {"object": "list", "data": [{"embedding": "AAA="}]}, CreateEmbeddingResponse),
        ("/images/generations", {"prompt": "x"}, {"created": 1, "data": [{"b64_json": "AA=="}]}, ImagesResponse),
        (
            "/audio/transcriptions",
            {"file": "x"},
            {"text": "x", "duration": 1.5, "language": "en"},
            TranscriptionVerbose,
        ),
        ("/models/gpt-4o", None, {"id": "gpt-4o", "object": "model"}, Model),
        ("/files/file-1", None, {"id": "file-1", "object": "file"}, FileObject),
    ],
)
def test_a_plain_answer_is_one_object(path: str, asked: Json, answer: Json, kind: Any) -> None:
    """One answer, one object, unknown keys kept and nothing validated, as the SDK does it."""
    assert objects(answered(path, answer, asked)) == (built(kind, answer),)
    assert type(objects(answered(path, answer, asked))[0]) is kind


def test_a_list_is_its_members() -> None:
    """A model list gives its models, as iterating the SDK's page does."""
    members = [{"id": "a", "object": "model"}, {"id": "b", "object": "model", "own": 1}]
    found = objects(answered("/models", {"object": "list", "data": members}))
    assert found == tuple(built(Model, one) for one in members)


def test_members_of_a_union_have_their_own_classes() -> None:
    """Input items are of several classes, each found by its type."""
    items = [
        {"type": "message", "id": "msg_1", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "f",
            "arguments": "{}",
            "status": "completed",
        },
    ]
    found = objects(answered("/responses/resp_1/input_items", {"object": "list", "data": items}))
    assert [type(one) for one in found] == [ResponseInputMessageItem, ResponseFunctionToolCallItem]


def test_events_of_responses_have_their_own_classes() -> None:
    """Each event of the Responses API is the class that its type names, equal to what the SDK's stream gives."""
    created = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "output": []}}
    body = b"event: response.created\n" + sse(created, TEXT_DELTA)
    found = objects(answered("/responses", body, {"model": "m", "input": "x", "stream": True}))
    assert found == tuple(built(ResponseStreamEvent, event) for event in (created, TEXT_DELTA))
    assert type(found[1]) is ResponseTextDeltaEvent


def test_an_event_of_tomorrow_is_what_the_sdk_makes_of_it() -> None:
    """An event newer than the SDK goes through the SDK's union, as in a live stream."""
    event = {"type": "response.of.tomorrow", "sequence_number": 1}
    found = objects(answered("/responses", sse(event), {"model": "m", "input": "x"}))
    assert found == (built(ResponseStreamEvent, event),)


def test_done_comments_errors_and_half_events_are_no_objects() -> None:
    """What the SDK's stream skips, raises for or never sees gives no object."""
    body = b": hello\n\n" + sse(DELTA, {"error": {"message": "overloaded"}}, 7) + b'data: {"id": "cu'
    assert objects(answered("/chat/completions", body, CHAT_ASKED)) == (built(ChatCompletionChunk, DELTA),)


@pytest.mark.parametrize(
    ("interaction"),
    [
        answered("/chat/completions", {"error": {"message": "no"}}, CHAT_ASKED, status=400),
        answered("/chat/completions", CHAT, CHAT_ASKED, status=599),
        answered("/chat/completions", b"", CHAT_ASKED),
        answered("/chat/completions", b"<html>", CHAT_ASKED),
        answered("/chat/completions", [1, 2], CHAT_ASKED),
        answered("/audio/speech", b"\xff\xfb\x90RIFF", {"input": "x"}),
        answered("/audio/speech", sse({"type": "speech.audio.delta"}), {"input": "x"}),
        answered("/files/file-1/content", b'{"a": 1}\n{"b": 2}\n'),
        answered("/traces/ingest", {"object": "list", "data": [{}]}),
        answered("/responses/resp_1", b"", method="DELETE"),
    ],
    ids=["400", "599", "empty", "html", "list", "sound", "sound in events", "file", "no call of ours", "deleted"],
)
def test_an_answer_without_a_class_is_no_object(interaction: Interaction) -> None:
    """Errors, text, sound and what is no LLM call have no objects, and that is no error."""
    assert objects(interaction) == ()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((), json.dumps(CHAT).encode()),
        ((("Content-Encoding", "gzip"),), gzip.compress(json.dumps(CHAT).encode(), mtime=0)),
        ((("content-encoding", "deflate"),), zlib.compress(json.dumps(CHAT).encode())),
        ((("content-encoding", "gzip"),), json.dumps(CHAT).encode()),
        ((("content-encoding", "br"),), json.dumps(CHAT).encode()),
    ],
    ids=["plain", "gzip", "deflate", "gzip stored plain", "br stored plain"],
)
def test_a_body_is_opened_where_it_is_still_packed(headers: Headers, body: bytes) -> None:
    """A compressed body is opened; a header that outlived its encoding does no harm."""
    assert objects(answered("/chat/completions", body, CHAT_ASKED, headers=headers)) == (built(ChatCompletion, CHAT),)


def test_a_body_that_cannot_be_opened_is_named() -> None:
    """Where the standard library has no decoder we say so, in place of giving nothing."""
    packed = base64.b64decode("CweAaGVsbG8gd29ybGTJ/wM=")
    with pytest.raises(LlmvcrError, match="content-encoding 'br'"):
        objects(answered("/chat/completions", packed, CHAT_ASKED, headers=(("content-encoding", "br"),)))


def test_a_multipart_request_finds_its_call_on_any_host() -> None:
    """A form is looked into for the fields that make the call."""
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n--b--\r\n'
    sent = (("content-type", "multipart/form-data; boundary=b"),)
    request = Request("POST", "https://example.com/audio/transcriptions", sent, form)
    found = objects(Interaction(request, Response(200, "", (), (b'{"text": "x"}',))))
    assert [one.text for one in found] == ["x"]


def test_a_recording_names_its_own_classes() -> None:
    """A class that a recording names wins over the table, for one, for all and for each event."""
    said = {"recording": {"type": "anthropic.types.message.Message"}}
    found = objects(answered("/chat/completions", {"id": "msg_1", "content": []}, CHAT_ASKED, notes=said))
    assert [type(one) for one in found] == [Message]
    each = {"recording": {"types": [CHUNK, "openai.types.completion.Completion"], "type_of": {"1": 1}}}
    found = objects(answered("/chat/completions", sse(DELTA, DELTA), CHAT_ASKED, notes=each))
    assert [type(one) for one in found] == [ChatCompletionChunk, Completion]


def test_a_recording_of_a_call_that_is_not_ours_has_its_classes_too() -> None:
    """Where no table knows the call, the recording's own name is enough."""
    interaction = answered("/of/another/api", {"id": "msg_1"}, {}, notes={"recording": {"type": CHUNK}})
    assert [type(one) for one in objects(interaction)] == [ChatCompletionChunk]


def test_a_note_that_makes_no_sense_is_passed_over() -> None:
    """Notes are data of a file: of a wrong shape they say nothing, and the table decides."""
    notes: list[Json] = [
        7,
        {"type": 7},
        {"types": 7},
        {"types": [7]},
        {"types": [], "type_of": {"0": 9}},
        {"document": 7},
    ]
    for note in notes:
        interaction = answered("/chat/completions", CHAT, CHAT_ASKED, notes={"recording": note})
        assert objects(interaction) == (built(ChatCompletion, CHAT),), note


ATTACKS = [
    "os.system",
    "posix.system",
    "builtins.eval",
    "builtins.exec",
    "subprocess.Popen",
    "subprocess.getoutput",
    "importlib.import_module",
    "pickle.loads",
    "antigravity.geohash",
    "this.s",
    "planted.Thing",
    "planted",
    "ollama.planted",
    "openai._base_client.platform.os.system",
    "openai.types.chat.chat_completion.ChatCompletion.__init__",
    "openai.types.chat.chat_completion.ChatCompletion.model_validate",
    "openai.types.chat.chat_completion.ChatCompletion ",
    "openai.types.chat.chat_completion:ChatCompletion",
    "openai.types.chat..chat_completion.ChatCompletion",
    "openai.types.chat.chat_completion.chatcompletion",
    "openai.OpenAI",
    "openai.planted.Thing",
    "openai/types/../../planted.Thing",
    "\u043epenai.types.model.Model",
    "\uff4fpenai.types.model.Model",
    "openai.types.model.Model\x00",
    "openai.types.model.Model\n",
    ".openai.types.model.Model",
    "llama_stack.apis.tools.tools.ToolInvocationResult",
    "__main__.objects",
]


@pytest.mark.parametrize("name", ATTACKS)
def test_no_file_can_have_anything_imported_or_run(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name that is not in our table is refused by name; nothing is imported, nothing is run."""
    mark = tmp_path / "ran"
    planted = f"open({str(mark)!r}, 'w').close()\nclass Thing: pass\n"
    for module in ("planted", "ollama", "llama_stack"):
        (tmp_path / f"{module}.py").write_text(planted, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    interaction = answered(
        "/chat/completions", {"command": f"touch {mark}"}, CHAT_ASKED, notes={"recording": {"type": name}}
    )
    with pytest.raises(TypeNameError) as caught:
        objects(interaction)
    assert repr(name) in str(caught.value)
    assert set(sys.modules) == before
    assert not mark.exists()


def test_an_sdk_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A class of an absent SDK says what to install; a file with the SDK's name in the working folder is not run."""
    if importlib.util.find_spec("ollama"):
        pytest.skip("ollama is installed here, so it cannot be missing")
    (tmp_path / "ollama.py").write_text("raise SystemExit('ran')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    told = {"recording": {"type": "ollama._types.GenerateResponse"}}
    with pytest.raises(TypeNameError, match="pip install ollama"):
        objects(answered("/api/generate", {"response": "x"}, {}, notes=told))
    assert "ollama" not in sys.modules


def test_a_class_that_the_installed_sdk_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK has no such class (any more, or yet) we say which SDK to renew."""
    monkeypatch.delattr("openai.types.chat.chat_completion.ChatCompletion")
    with pytest.raises(TypeNameError, match="pip install --upgrade openai"):
        objects(answered("/chat/completions", CHAT, CHAT_ASKED))
