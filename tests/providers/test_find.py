"""Which call of which provider a request is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmvcr.interaction import Json
from llmvcr.providers import PROVIDERS, Provider, find, is_loopback, split_path, type_name

HOME = "https://api.openai.com/v1"
LOCAL = "http://127.0.0.1:8080/v1"
CHAT = {"model": "m", "messages": []}


def named(method: str, url: str, body: Json = None) -> str | None:
    """The endpoint's name, None for no LLM call."""
    found = find(method, url, body)
    return found[1].name if found else None


@pytest.mark.parametrize("base", [HOME, "https://eu.api.openai.com/v1", f"{HOME}/v1", LOCAL])
@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/chat/completions", CHAT, "chat.completions"),
        ("GET", "/chat/completions", None, "chat.completions.list"),
        ("GET", "/chat/completions/chatcmpl-1", None, "chat.completions.retrieve"),
        ("POST", "/chat/completions/chatcmpl-1", {"metadata": {}}, "chat.completions.update"),
        ("DELETE", "/chat/completions/chatcmpl-1", None, "chat.completions.delete"),
        ("GET", "/chat/completions/chatcmpl-1/messages", None, "chat.completions.messages"),
        ("POST", "/completions", {"prompt": "x"}, "completions"),
        ("POST", "/completions", CHAT, "chat.completions"),
        ("POST", "/engines/davinci/completions", {"prompt": "x"}, "completions"),
        ("POST", "/responses", {"model": "m", "input": "x"}, "responses"),
        ("GET", "/responses/resp_1", None, "responses.retrieve"),
        ("GET", "/responses/resp_1?stream=true", None, "responses.retrieve"),
        ("DELETE", "/responses/resp_1", None, "responses.delete"),
        ("POST", "/responses/resp_1/cancel", None, "responses.cancel"),
        ("GET", "/responses/resp_1/input_items", None, "responses.input_items"),
        ("POST", "/responses/input_tokens", {"model": "m", "input": "x"}, "responses.input_tokens"),
        ("POST", "/responses/compact", {"model": "m"}, "responses.compact"),
        ("POST", "/embeddings", {"input": "x"}, "embeddings"),
        ("GET", "/models", None, "models.list"),
        ("GET", "/models/gpt-4o", None, "models.retrieve"),
        ("DELETE", "/models/ft%3Ax", None, "models.delete"),
        ("POST", "/images/generations", {"prompt": "x"}, "images.generate"),
        ("POST", "/images/edits", {"prompt": "x", "image": "…"}, "images.edit"),
        ("POST", "/images/variations", None, "images.variation"),
        ("POST", "/audio/speech", {"input": "x", "voice": "v"}, "audio.speech"),
        ("POST", "/audio/transcriptions", {"file": "…", "model": "m"}, "audio.transcriptions"),
        ("POST", "/audio/translations", None, "audio.translations"),
        ("POST", "/moderations", {"input": "x"}, "moderations"),
        ("POST", "/files", {"file": "…", "purpose": "batch"}, "files.create"),
        ("GET", "/files", None, "files.list"),
        ("GET", "/files/file-1", None, "files.retrieve"),
        ("DELETE", "/files/file-1", None, "files.delete"),
        ("GET", "/files/file-1/content", None, "files.content"),
    ],
)
def test_every_call_is_known_at_home_and_on_loopback(base: str, method: str, path: str, body: Json, name: str) -> None:
    """Each call of the API is found on OpenAI's hosts, under a doubled /v1, and on a local server."""
    assert named(method, base + path, body) == name
    assert named(method.lower(), base + path, body) == name


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_row_is_reached(provider: Provider) -> None:
    """No row hides another: a request made from a row's own words finds a row of that name, on each of its hosts."""
    for host in provider.hosts or ("127.0.0.1",):
        for endpoint in provider.endpoints:
            path = endpoint.path.replace("{", "x-").replace("}", "")
            body = dict.fromkeys(endpoint.body_keys) or None
            url = f"https://{host.replace('*:', 'x:').replace('*', 'x')}{path}"
            found = find(endpoint.method, url, body)
            assert found is not None, url
            assert (found[0].name, found[1].name) == (provider.name, endpoint.name), url


def test_one_name_is_one_call() -> None:
    """Two paths share a name only where a parameter or a key tells them apart: the words between are not compared."""
    called: dict[tuple[str, str, frozenset[str]], set[str]] = {}
    for one in (endpoint for provider in PROVIDERS for endpoint in provider.endpoints):
        parameters = frozenset(re.findall(r"{(\w+)}", one.path))
        called.setdefault((one.method, one.name, parameters), set()).add(one.path.removeprefix("/v1"))
    # llama-stack names the second path in recordings of chats; Anthropic's old call has its own word for max_tokens.
    alike = ({"/chat/completions", "/completions"}, {"/completions", "/complete"})
    assert not {key: paths for key, paths in called.items() if len(paths) > 1 and paths not in alike}


@pytest.mark.parametrize(
    ("url", "body", "name"),
    [
        ("https://openrouter.ai/api/v1/chat/completions", CHAT, "chat.completions"),
        ("https://api.deepseek.com/chat/completions", CHAT, "chat.completions"),
        ("https://api.groq.com/openai/v1/chat/completions", {"messages": []}, "chat.completions"),
        ("https://a.openai.azure.com/openai/deployments/d/chat/completions?api-version=1", CHAT, "chat.completions"),
        ("https://api.openai.com/test/v1/chat/completions", CHAT, "chat.completions"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", CHAT, "chat.completions"),
        ("https://api.anthropic.com/v1/chat/completions", CHAT, "chat.completions"),
        ("http://localhost:8321/v1/openai/v1/chat/completions", CHAT, "chat.completions"),
        ("http://[::1]:1234/v1/chat/completions", CHAT, "chat.completions"),
        ("https://example.com/v1/embeddings", {"input": "x"}, "embeddings"),
        ("https://example.com/chat/completions", {"text": "x"}, None),
        ("https://example.com/v1/responses", {"input": "x"}, None),
        ("https://example.com/v1/files", {"file": "…", "purpose": "x"}, "files.create"),
        ("https://files.stripe.com/v1/files", {"file": "…", "purpose": "x"}, None),
        ("https://example.com/embeddings", None, None),
        ("https://example.com/v1/embeddings", ["input"], None),
        ("https://example.com/", CHAT, None),
    ],
)
def test_on_another_host_path_and_body_decide(url: str, body: Json, name: str | None) -> None:
    """Whoever speaks the API is known by the path and the keys of the body."""
    assert named("POST", url, body) == name


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("GET", "https://example.com/v1/models", "models.list"),
        ("GET", "https://api.groq.com/openai/v1/models", "models.list"),
        ("GET", "https://a.openai.azure.com/openai/models?api-version=1", "models.list"),
        ("GET", "http://localhost:11434/v1/models/llama3", "models.retrieve"),
        ("GET", "https://example.com/v1/responses/resp_1", "responses.retrieve"),
        ("GET", "https://example.com/v1/files/file-1/content", "files.content"),
        ("POST", "https://example.com/v1/audio/transcriptions", "audio.transcriptions"),
        ("GET", "https://example.com/models", None),
        ("GET", "https://example.com/v1/responses/7", None),
        ("GET", "https://example.com/v1/files", None),
        ("GET", "https://example.com/v1/files/7", None),
        ("GET", "https://generativelanguage.googleapis.com/v1beta/openai/models", "models.list"),
        ("GET", "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/models", "models.list"),
        ("GET", "https://storage.googleapis.com/v1/models", None),
        ("GET", "https://api.stripe.com/v1/files/file_1", None),
        ("POST", "https://example.com/v1/models", None),
        ("GET", "http://127.0.0.1:8080/models", None),
    ],
)
def test_without_a_body_only_an_unmistakable_path_counts(method: str, url: str, name: str | None) -> None:
    """A request without a body to a host that we do not know is an LLM call only where nothing else can be meant."""
    assert named(method, url) == name


@pytest.mark.parametrize(
    "url",
    [
        f"{HOME}/vector_stores/vs_1/files/file-1/owners",
        f"{HOME}/organization/models",
        "https://api.openai.com.example.com/v1/files/7",
        "https://example.com/?next=/v1/models",
        "",
        "no url",
        "http://[::1",
    ],
)
def test_what_is_no_call_of_ours(url: str) -> None:
    """A longer path, another call, another host and no URL at all are none."""
    assert named("GET", url) is None


def test_at_home_a_body_that_is_no_json_still_finds_its_call() -> None:
    """On the provider's own host the path decides, so that such a body is compared, not let pass."""
    assert named("POST", f"{HOME}/chat/completions") == "chat.completions"
    assert named("POST", f"{HOME}/completions", {"neither": 1}) == "completions"


@pytest.mark.parametrize(
    ("url", "body", "base", "parameters"),
    [
        ("https://h/v1/chat/completions", CHAT, "", {}),
        ("https://h/v1/v1/chat/completions", CHAT, "", {}),
        ("https://h//chat/completions/", CHAT, "", {}),
        ("https://h/v1/openai/v1/chat/completions", CHAT, "/v1/openai", {}),
        ("https://h/openai/deployments/d/chat/completions", CHAT, "/openai", {"deployment": "d"}),
        ("https://h/v1/engines/d/completions", {"prompt": ""}, "", {"engine": "d"}),
        ("https://h/v1/models/ft%3Aa%2Fb", None, "", {"model": "ft:a/b"}),
    ],
)
def test_a_path_splits_into_base_and_parameters(url: str, body: Json, base: str, parameters: dict[str, str]) -> None:
    """What stands before the call is kept (a deployment is a model), the version is not, parameters are decoded."""
    found = find("GET" if body is None else "POST", url, body)
    assert found is not None
    assert split_path(found[1], url.removeprefix("https://h")) == (base, parameters)


@pytest.mark.parametrize(
    ("call", "data", "streamed", "name"),
    [
        ("chat.completions", {}, False, "ChatCompletion"),
        ("chat.completions", {}, True, "ChatCompletionChunk"),
        ("responses", {"type": "response.output_text.delta"}, True, "ResponseTextDeltaEvent"),
        ("responses", {"type": "response.of.tomorrow"}, True, "ResponseStreamEvent"),
        ("responses", {"type": ["no", "text"]}, True, "ResponseStreamEvent"),
        ("responses", None, True, "ResponseStreamEvent"),
        ("responses", {"type": "response.output_text.delta"}, False, "Response"),
        ("audio.transcriptions", {"text": "x"}, False, "Transcription"),
        ("audio.transcriptions", {"text": "x", "duration": 1, "language": "en"}, False, "TranscriptionVerbose"),
        ("audio.transcriptions", {"text": "x", "duration": 1, "segments": []}, False, "TranscriptionDiarized"),
        ("audio.translations", {"text": "x", "duration": 1, "language": "en"}, False, "TranslationVerbose"),
        ("audio.speech", {}, False, ""),
    ],
)
def test_the_class_goes_by_endpoint_and_content(call: str, data: Json, streamed: bool, name: str) -> None:  # noqa: FBT001
    """An event goes by its type, a reply by its endpoint, and where the endpoint has several by its keys."""
    endpoint = next(one for provider in PROVIDERS for one in provider.endpoints if one.name == call)
    assert type_name(endpoint, data, streamed=streamed).rpartition(".")[2] == name


def test_loopback_has_many_names() -> None:
    """Every spelling of this machine is one; a name that begins like it is none."""
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.1.2.3", "::1", "0.0.0.0"]))  # noqa: S104 - compared
    assert not any(map(is_loopback, ["localhost.example.com", "10.0.0.1", "example.com", ""]))


@given(st.sampled_from(["GET", "POST", ""]), st.text(max_size=40), st.none() | st.lists(st.text()) | st.text())
def test_find_never_raises(method: str, url: str, body: Json) -> None:
    """Any text is a URL or none."""
    find(method, url, body)
    find(method, f"https://{url}/v1/models", body)
    find(method, f"{HOME}/{url}", body)
