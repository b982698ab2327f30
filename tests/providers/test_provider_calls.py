"""What each provider has of its own: which call it is, what may vary in it, and what may not."""

from __future__ import annotations

import pytest

from llmvcr.canonical import canonical
from provider_tables import Call, Change, cut, headers, method, put, respelt, said, same, url

PNG, PNG_URL = "iVBORw0KGgo+/+8=", "iVBORw0KGgo-_-8"
CHAT = {"messages": [{"role": "user", "content": "hi"}]}


def get(path: str) -> Call:
    """A call without a body."""
    return Call(path, None, "GET")


DEPLOYED = "https://made-up.openai.azure.com/openai/deployments/gpt-4o"
COHERE, COHERE_1, COHERE_2 = "https://api.cohere.com", "https://api.cohere.com/v1", "https://api.cohere.com/v2"
MISTRAL, OLLAMA = "https://api.mistral.ai/v1", "http://localhost:11434/api"
WATSONX = "https://us-south.ml.cloud.ibm.com/ml/v1"
DASHSCOPE = "https://dashscope.aliyuncs.com/api/v1"
CLOUDFLARE = "https://api.cloudflare.com/client/v4/accounts/0a1b2c/ai"
GATEWAY = "https://gateway.ai.cloudflare.com/v1/0a1b2c/mine"
REPLICATE, HF = "https://api.replicate.com/v1", "https://api-inference.huggingface.co"
PICTURE = {"model": "llava", "messages": [{"role": "user", "content": "What is this?", "images": [PNG]}]}
ENTRIES = [
    {"type": "function.call", "id": "fc_1", "tool_call_id": "D681PevKs", "name": "clock", "created_at": "2025-01-01"},
    {"type": "function.result", "id": "fr_1", "tool_call_id": "D681PevKs", "result": "12:00"},
]
THOUGHT = {
    "role": "assistant",
    "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "signature": "ErUBCk"}],
}
CITED = {
    "model": "command-a",
    "messages": [
        {"role": "assistant", "tool_calls": [{"id": "get_weather_1byjy32y4hvq", "function": {"name": "weather"}}]},
        {"role": "tool", "tool_call_id": "get_weather_1byjy32y4hvq", "content": "21"},
        {"role": "assistant", "citations": [{"sources": [{"id": "get_weather_1byjy32y4hvq:0"}]}]},
    ],
}
SPEAKING = {"input": {"messages": [{"role": "user", "content": "hi"}]}, "model": "qwen-max", "parameters": {"top_p": 1}}

CALLS: dict[str, tuple[str, str, Call]] = {
    "azure embeddings": ("azure", "embeddings", Call(f"{DEPLOYED}/embeddings?api-version=1", {"input": ["a"]})),
    "azure image": ("azure", "images.generate", Call(f"{DEPLOYED}/images/generations?api-version=1", {"prompt": "a"})),
    "azure data": (
        "azure",
        "extensions.chat.completions",
        Call(f"{DEPLOYED}/extensions/chat/completions?api-version=1", CHAT),
    ),
    "azure gateway": (
        "azure",
        "chat.completions",
        Call("https://llm.example.com/corp/openai/deployments/gpt-4o/chat/completions?api-version=1", CHAT),
    ),
    "azure thread": (
        "azure",
        "threads.runs.retrieve",
        get("https://a.openai.azure.com/openai/threads/t/runs/r?api-version=1"),
    ),
    "azure realtime": (
        "azure",
        "realtimeapi.sessions.create",
        Call("https://a.openai.azure.com/openai/realtimeapi/sessions?api-version=1", {"model": "m"}),
    ),
    "ollama picture": ("ollama", "api.chat", Call(f"{OLLAMA}/chat", PICTURE)),
    "ollama generate": (
        "ollama",
        "api.generate",
        Call(f"{OLLAMA}/generate", {"model": "m", "prompt": "hi", "images": [PNG]}),
    ),
    "ollama elsewhere": (
        "ollama",
        "api.generate",
        Call("https://gpu.example.com/api/generate", {"model": "m", "prompt": "hi"}),
    ),
    "ollama load": (
        "ollama",
        "api.generate",
        Call("http://ollama:11434/api/generate", {"model": "m", "keep_alive": 0}),
    ),
    "ollama embed": ("ollama", "api.embed", Call(f"{OLLAMA}/embed", {"model": "m", "input": ["a", "b"]})),
    "ollama embeddings": ("ollama", "api.embeddings", Call(f"{OLLAMA}/embeddings", {"model": "m", "prompt": "a"})),
    "ollama tags": ("ollama", "api.tags", get("http://127.0.0.1:40123/api/tags")),
    "ollama ps": ("ollama", "api.ps", get("http://gpu.example.com:11434/api/ps")),
    "ollama show": ("ollama", "api.show", Call(f"{OLLAMA}/show", {"model": "m"})),
    "ollama pull": ("ollama", "api.pull", Call(f"{OLLAMA}/pull", {"name": "m", "stream": True})),
    "cohere chat 1": (
        "cohere",
        "chat",
        Call(f"{COHERE_1}/chat", {"message": "hi", "chat_history": [{"role": "USER"}]}),
    ),
    "cohere cited": ("cohere", "v2.chat", Call(f"{COHERE_2}/chat", CITED)),
    "cohere embed": (
        "cohere",
        "v2.embed",
        Call(f"{COHERE_2}/embed", {"model": "m", "texts": ["a"], "input_type": "x"}),
    ),
    "cohere embed 1": ("cohere", "embed", Call(f"{COHERE_1}/embed", {"texts": ["a", "b"]})),
    "cohere rerank": (
        "cohere",
        "v2.rerank",
        Call(f"{COHERE_2}/rerank", {"model": "m", "query": "q", "documents": ["a"]}),
    ),
    "cohere models": ("cohere", "models.list", get(f"{COHERE_1}/models?page_size=5")),
    "mistral fim": (
        "mistral",
        "fim.completions",
        Call(f"{MISTRAL}/fim/completions#stream", {"model": "m", "prompt": "f("}),
    ),
    "mistral ocr": (
        "mistral",
        "ocr",
        Call(f"{MISTRAL}/ocr", {"model": "m", "document": {"document_url": "https://x"}}),
    ),
    "mistral embed": ("mistral", "embeddings", Call(f"{MISTRAL}/embeddings", {"model": "m", "inputs": ["a"]})),
    "mistral agent": (
        "mistral",
        "agents.completions",
        Call(f"{MISTRAL}/agents/completions", {"agent_id": "ag_1", **CHAT}),
    ),
    "mistral talk": (
        "mistral",
        "conversations.start",
        Call(f"{MISTRAL}/conversations", {"model": "m", "inputs": ENTRIES}),
    ),
    "mistral more": ("mistral", "conversations.append", Call(f"{MISTRAL}/conversations/conv_1", {"inputs": "hi"})),
    "mistral thought": ("mistral", "chat.completions", Call(f"{MISTRAL}/chat/completions", {"messages": [THOUGHT]})),
    "mistral moderation": (
        "mistral",
        "chat.moderations",
        Call(f"{MISTRAL}/chat/moderations", {"model": "m", "input": []}),
    ),
    "watsonx generation": (
        "watsonx",
        "text.generation",
        Call(f"{WATSONX}/text/generation?version=2024-05-31", {"model_id": "m", "input": "hi", "project_id": "p-1"}),
    ),
    "watsonx deployed": (
        "watsonx",
        "text.chat_stream",
        Call(f"{WATSONX}/deployments/d-1/text/chat_stream?version=2024-05-31", CHAT),
    ),
    "watsonx models": (
        "watsonx",
        "foundation_models.list",
        get(f"{WATSONX}/foundation_model_specs?version=2024-05-31&limit=5"),
    ),
    "watsonx cluster": (
        "watsonx",
        "text.chat",
        Call("https://cpd.example.com/ml/v1/text/chat?version=2024-05-31", {"model_id": "m", **CHAT}),
    ),
    "dashscope text": (
        "dashscope",
        "generation",
        Call(f"{DASHSCOPE}/services/aigc/text-generation/generation", SPEAKING),
    ),
    "dashscope stream": (
        "dashscope",
        "generation",
        Call(
            f"{DASHSCOPE}/services/aigc/text-generation/generation", SPEAKING, headers=(("X-DashScope-SSE", "enable"),)
        ),
    ),
    "dashscope embed": (
        "dashscope",
        "services",
        Call(
            f"{DASHSCOPE}/services/embeddings/text-embedding/text-embedding", {"model": "m", "input": {"texts": ["a"]}}
        ),
    ),
    "dashscope task": ("dashscope", "tasks.retrieve", get(f"{DASHSCOPE}/tasks/t-1")),
    "voyage embed": (
        "voyage",
        "embeddings",
        Call("https://api.voyageai.com/v1/embeddings", {"model": "m", "input": ["a"]}),
    ),
    "voyage rerank": (
        "voyage",
        "rerank",
        Call("https://api.voyageai.com/v1/rerank", {"model": "m", "query": "q", "documents": ["a", "b"]}),
    ),
    "jina embed": (
        "jina",
        "embeddings",
        Call("https://api.jina.ai/v1/embeddings", {"model": "m", "input": ["a"], "task": "t"}),
    ),
    "jina rerank": ("jina", "rerank", Call("https://api.jina.ai/v1/rerank", {"query": "q", "documents": ["a", "b"]})),
    "jina classify": (
        "jina",
        "classify",
        Call("https://api.jina.ai/v1/classify", {"input": ["a"], "labels": ["x", "y"]}),
    ),
    "replicate start": (
        "replicate",
        "predictions.create",
        Call(f"{REPLICATE}/predictions", {"version": "v", "input": {"a": 1}}),
    ),
    "replicate model": (
        "replicate",
        "models.predictions.create",
        Call(f"{REPLICATE}/models/meta/llama/predictions", {"input": {"prompt": "hi"}}),
    ),
    "replicate poll": ("replicate", "predictions.retrieve", get(f"{REPLICATE}/predictions/p1")),
    "replicate stream": ("replicate", "streams", get("https://streaming-api.svc.us.c.replicate.net/v1/streams/s1")),
    "cloudflare run": ("cloudflare", "run", Call(f"{CLOUDFLARE}/run/@cf/meta/llama-3.1-8b-instruct", CHAT)),
    "cloudflare bytes": ("cloudflare", "run", Call(f"{CLOUDFLARE}/run/@cf/openai/whisper", b"\xff\xfbRIFF")),
    "cloudflare gateway": ("openai", "chat.completions", Call(f"{GATEWAY}/openai/chat/completions", CHAT)),
    "huggingface model": ("huggingface", "models", Call(f"{HF}/models/google/flan-t5", {"inputs": "hi"})),
    "huggingface bytes": ("huggingface", "models", Call(f"{HF}/models/openai/whisper", b"\xff\xfbRIFF")),
    "huggingface pipeline": (
        "huggingface",
        "pipeline",
        Call("https://router.huggingface.co/hf-inference/models/a/b/pipeline/feature-extraction", {"inputs": "hi"}),
    ),
    "huggingface endpoint": (
        "huggingface",
        "root",
        Call("https://x1.us-east-1.aws.endpoints.huggingface.cloud/", {"inputs": "hi", "parameters": {"top_k": 5}}),
    ),
    "huggingface routed": (
        "huggingface",
        "chat.completions",
        Call("https://router.huggingface.co/together/v1/chat/completions", CHAT),
    ),
    "tgi": (
        "huggingface",
        "generate_stream",
        Call("http://tgi:8080/generate_stream", {"inputs": "hi", "parameters": {}}),
    ),
    "tei": ("huggingface", "rerank", Call("http://tei:8080/rerank", {"query": "q", "texts": ["a", "b"]})),
    "vllm rerank": (
        "servers",
        "rerank",
        Call("http://gpu:8000/v1/rerank", {"model": "m", "query": "q", "documents": ["a"]}),
    ),
    "vllm tokenize": ("servers", "tokenize", Call("http://gpu:8000/tokenize", {"model": "m", "prompt": "hi"})),
    "llama.cpp": ("servers", "completion", Call("http://gpu:8080/completion", {"prompt": "hi", "n_predict": 5})),
    "lm studio": ("servers", "api.v0.models.list", get("http://localhost:1234/api/v0/models")),
    "together rerank": (
        "together",
        "rerank",
        Call("https://api.together.xyz/v1/rerank", {"model": "m", "query": "q", "documents": ["a"]}),
    ),
    "together chat": ("together", "chat.completions", Call("https://api.together.xyz/v1/chat/completions", CHAT)),
    "openrouter models": ("openrouter", "models.list", get("https://openrouter.ai/api/v1/models")),
    "groq models": ("groq", "models.list", get("https://api.groq.com/openai/v1/models")),
    "groq sound": (
        "groq",
        "audio.transcriptions",
        Call("https://api.groq.com/openai/v1/audio/transcriptions", b"\xff\xfb"),
    ),
    "fireworks completion": (
        "fireworks",
        "completions",
        Call("https://api.fireworks.ai/inference/v1/completions", {"model": "m", "prompt": "hi"}),
    ),
    "deepseek beta": (
        "deepseek",
        "completions",
        Call("https://api.deepseek.com/beta/completions", {"model": "m", "prompt": "x"}),
    ),
    "xai deferred": ("xai", "chat.deferred", get("https://api.x.ai/v1/chat/deferred-completion/r1")),
    "perplexity search": ("perplexity", "search", Call("https://api.perplexity.ai/search", {"query": "q"})),
    "openrouter response": (
        "openrouter",
        "responses",
        Call("https://openrouter.ai/api/v1/responses", {"model": "m", "input": "hi"}),
    ),
}

SAME: list[tuple[str, str, Change]] = [
    ("azure embeddings", "the api-version comes with the SDK", url("api-version=1", "api-version=2025-03-01-preview")),
    ("azure embeddings", "no api-version", url("?api-version=1", "")),
    ("azure embeddings", "method case", method("post")),
    ("azure image", "the api-version", url("api-version=1", "api-version=2")),
    ("azure image", "null asks for the default", put(None, "size")),
    ("azure data", "the api-version", url("api-version=1", "api-version=2")),
    ("azure gateway", "the api-version", url("api-version=1", "api-version=2")),
    ("azure thread", "the api-version", url("api-version=1", "api-version=2")),
    ("azure realtime", "the api-version", url("api-version=1", "api-version=2")),
    ("ollama picture", "the same bytes in the other alphabet", said(PNG, PNG_URL)),
    ("ollama picture", "null is absent to a server in Go", put(None, "format")),
    ("ollama picture", "null tools", put(None, "tools")),
    ("ollama picture", "null options", put(None, "options")),
    ("ollama picture", "another port of this machine", url("localhost:11434", "127.0.0.1:39999")),
    ("ollama generate", "the same bytes in the other alphabet", said(PNG, PNG_URL)),
    ("ollama generate", "null context", put(None, "context")),
    ("ollama generate", "null system", put(None, "system")),
    ("ollama generate", "null template", put(None, "template")),
    ("ollama tags", "ports of this machine are drawn anew", url("40123", "11434")),
    ("ollama pull", "null insecure is not named, null options are", put(None, "options")),
    ("cohere chat 1", "cohere.ai and cohere.com are the same servers", url("cohere.com", "cohere.ai")),
    ("cohere chat 1", "key order", respelt),
    ("cohere cited", "cohere.ai and cohere.com are the same servers", url("cohere.com", "cohere.ai")),
    ("cohere cited", "an id inside the id of a source is drawn anew with it", said("1byjy32y4hvq", "7kq2w9xz4d1m")),
    ("cohere embed", "cohere.ai and cohere.com are the same servers", url("cohere.com", "cohere.ai")),
    ("cohere models", "cohere.ai and cohere.com are the same servers", url("cohere.com", "cohere.ai")),
    ("mistral fim", "a fragment is never sent", url("#stream", "")),
    ("mistral fim", "null suffix", put(None, "suffix")),
    ("mistral fim", "null seed", put(None, "random_seed")),
    ("mistral ocr", "null pages", put(None, "pages")),
    ("mistral ocr", "null table format", put(None, "table_format")),
    ("mistral embed", "null dimension", put(None, "output_dimension")),
    ("mistral agent", "null max_tokens", put(None, "max_tokens")),
    ("mistral agent", "null seed", put(None, "random_seed")),
    ("mistral talk", "the entries were drawn anew", said("fc_1", "fc_9", "fr_1", "fr_9", "D681PevKs", "xK2mQ9aZ1")),
    ("mistral talk", "the entries were made at another time", said("2025-01-01", "2026-02-02")),
    ("mistral talk", "no time at all", cut("inputs", 0, "created_at")),
    ("mistral talk", "null instructions", put(None, "instructions")),
    ("mistral more", "a fragment", url("conv_1", "conv_1#stream")),
    ("mistral thought", "the seal was made anew", said("ErUBCk", "CsUBAV")),
    ("watsonx generation", "the version comes with the SDK", url("version=2024-05-31", "version=2025-02-06")),
    ("watsonx deployed", "the version comes with the SDK", url("version=2024-05-31", "version=2025-02-06")),
    ("watsonx models", "the version comes with the SDK", url("version=2024-05-31&", "")),
    ("watsonx cluster", "the version comes with the SDK", url("version=2024-05-31", "version=2025-02-06")),
    ("dashscope text", "key order", respelt),
    ("dashscope text", "headers that say nothing of the answer", headers(("X-DashScope-WorkSpace", "w-1"))),
    ("dashscope stream", "the case of a header", headers(("x-dashscope-sse", "Enable"), ("user-agent", "x"))),
    ("dashscope task", "method case", method("get")),
    ("voyage embed", "input_type is null by default", put(None, "input_type")),
    ("voyage embed", "output_dimension is null by default", put(None, "output_dimension")),
    ("voyage rerank", "top_k is null by default", put(None, "top_k")),
    ("jina rerank", "key order", respelt),
    (
        "together chat",
        "the SDK sends chats to a host of their own",
        url("api.together.xyz", "api-inference.together.ai"),
    ),
    ("together rerank", "together.ai is another name of together.xyz", url("together.xyz", "together.ai")),
    ("replicate poll", "a doubled version", url("/v1/", "/v1/v1/")),
    ("cloudflare run", "an escaped sign in the model's name", url("@cf", "%40cf")),
    ("huggingface model", "key order", respelt),
    ("fireworks completion", "null logprobs", put(None, "logprobs")),
    ("openrouter models", "a fragment", url("/models", "/models#all")),
    ("openrouter response", "the beta room of OpenAI's SDK", url("/responses", "/responses?beta=true")),
]

DIFFERENT: list[tuple[str, str, Change]] = [
    ("azure embeddings", "another deployment is another model", url("gpt-4o", "gpt-4o-mini")),
    ("azure embeddings", "another resource", url("made-up", "other")),
    ("azure embeddings", "another text", put(["b"], "input")),
    ("azure embeddings", "another query", url("api-version=1", "api-version=1&debug=1")),
    ("azure image", "another picture", put("b", "prompt")),
    ("azure image", "another deployment", url("gpt-4o", "dalle")),
    ("azure data", "with data and without are two calls", url("/extensions", "")),
    ("azure gateway", "another deployment", url("gpt-4o", "gpt-4")),
    ("azure gateway", "another way through the gateway", url("/corp", "/lab")),
    ("azure thread", "another run", url("/runs/r", "/runs/s")),
    ("azure thread", "another thread", url("/threads/t", "/threads/u")),
    ("azure realtime", "another model", put("n", "model")),
    ("ollama picture", "another picture", said(PNG, "iVBORw0KGgo+/+9=")),
    ("ollama picture", "a format", put("json", "format")),
    ("ollama picture", "another model", put("llama3", "model")),
    ("ollama picture", "options", put({"temperature": 0}, "options")),
    ("ollama generate", "another prompt", put("ho", "prompt")),
    ("ollama generate", "a context", put([1, 2], "context")),
    ("ollama generate", "raw text is another prompt", put(1, "raw")),
    ("ollama elsewhere", "another port elsewhere", url("gpu.example.com", "gpu.example.com:8443")),
    ("ollama load", "loading is not unloading", put(300, "keep_alive")),
    ("ollama embed", "the texts in another order", put(["b", "a"], "input")),
    ("ollama embed", "embed and embeddings are two calls", url("/embed", "/embeddings")),
    ("ollama embeddings", "another text", put("b", "prompt")),
    ("ollama show", "another model", put("n", "model")),
    ("ollama pull", "another model", put("n", "name")),
    ("ollama ps", "another host", url("gpu", "cpu")),
    ("ollama tags", "what runs is not what is there", url("tags", "ps")),
    ("cohere chat 1", "another message", put("ho", "message")),
    ("cohere chat 1", "another history", put([], "chat_history")),
    ("cohere chat 1", "another conversation", put("c-2", "conversation_id")),
    ("cohere chat 1", "a trial host is another host", url("api.cohere", "stg.api.cohere")),
    ("cohere cited", "another tool result", said('"21"', '"22"')),
    (
        "cohere cited",
        "a source of another call",
        put("get_weather_7kq2w9xz4d1m:0", "messages", 2, "citations", 0, "sources", 0, "id"),
    ),
    ("cohere cited", "another part of the source", said("hvq:0", "hvq:1")),
    ("cohere embed", "another kind of input", put("y", "input_type")),
    ("cohere embed", "version 1 is another call", url("/v2/", "/v1/")),
    ("cohere embed 1", "the texts in another order", put(["b", "a"], "texts")),
    ("cohere rerank", "another question", put("r", "query")),
    ("cohere rerank", "another document", put(["b"], "documents")),
    ("cohere models", "another page", url("page_size=5", "page_size=6")),
    ("mistral fim", "another beginning", put("g(", "prompt")),
    ("mistral fim", "an end", put(")", "suffix")),
    ("mistral ocr", "another document", put({"document_url": "https://y"}, "document")),
    ("mistral ocr", "some of its pages", put([0], "pages")),
    ("mistral embed", "another text", put(["b"], "inputs")),
    ("mistral agent", "another agent", put("ag_2", "agent_id")),
    ("mistral talk", "another result", said("12:00", "13:00")),
    ("mistral talk", "the result of another call", put("xK2mQ9aZ1", "inputs", 1, "tool_call_id")),
    ("mistral talk", "an agent in place of a model", put("ag_1", "agent_id")),
    ("mistral thought", "another thought", said("Hm.", "Ha.")),
    ("mistral thought", "no seal", cut("messages", 0, "content", 0, "signature")),
    ("mistral more", "another conversation", url("conv_1", "conv_2")),
    ("mistral more", "started again, not gone on with", url("conv_1", "conv_1/restart")),
    ("mistral moderation", "another text", put(["x"], "input")),
    ("watsonx generation", "another project", put("p-2", "project_id")),
    ("watsonx generation", "another model", put("n", "model_id")),
    ("watsonx generation", "another prompt", put("ho", "input")),
    ("watsonx generation", "a stream", url("generation", "generation_stream")),
    ("watsonx generation", "another region", url("us-south", "eu-de")),
    ("watsonx deployed", "another deployment", url("d-1", "d-2")),
    ("watsonx deployed", "no stream", url("chat_stream", "chat")),
    ("watsonx models", "more of them", url("limit=5", "limit=6")),
    ("watsonx cluster", "another cluster", url("cpd", "cpd2")),
    ("dashscope text", "another message", said('"hi"', '"ho"')),
    ("dashscope text", "streamed", headers(("X-DashScope-SSE", "enable"))),
    ("dashscope text", "to be polled", headers(("X-DashScope-Async", "enable"))),
    ("dashscope stream", "not streamed", headers()),
    ("dashscope text", "another model", put("qwen-plus", "model")),
    ("dashscope text", "another parameter", put(0.9, "parameters", "top_p")),
    ("dashscope text", "text is not text with pictures", url("text-generation", "multimodal-generation")),
    ("dashscope text", "another region", url("dashscope.", "dashscope-intl.")),
    ("dashscope embed", "another text", put({"texts": ["b"]}, "input")),
    ("dashscope task", "another task", url("t-1", "t-2")),
    ("voyage embed", "another kind of input", put("query", "input_type")),
    ("voyage embed", "fewer dimensions", put(256, "output_dimension")),
    ("voyage rerank", "the documents in another order", put(["b", "a"], "documents")),
    ("voyage rerank", "the best one alone", put(1, "top_k")),
    ("jina embed", "another task", put("u", "task")),
    ("jina rerank", "another question", put("r", "query")),
    ("jina classify", "another label", put(["x", "z"], "labels")),
    ("replicate start", "another version", put("w", "version")),
    ("replicate start", "another input", put({"a": 2}, "input")),
    ("replicate model", "another model", url("llama", "llama-2")),
    ("replicate model", "another owner", url("meta", "beta")),
    ("replicate poll", "another prediction", url("p1", "p2")),
    ("replicate poll", "cancelled, not polled", lambda call: Call(f"{call.url}/cancel")),
    ("replicate stream", "another stream", url("s1", "s2")),
    ("cloudflare run", "another account", url("0a1b2c", "0a1b2d")),
    ("cloudflare run", "another model", url("llama-3.1", "llama-3.2")),
    ("cloudflare run", "another message", said('"hi"', '"ho"')),
    ("cloudflare bytes", "another sound", lambda call: Call(call.url, b"\xff\xfaRIFF")),
    ("cloudflare gateway", "another gateway", url("/mine", "/theirs")),
    ("cloudflare gateway", "another account", url("0a1b2c", "0a1b2d")),
    ("huggingface model", "another model", url("flan-t5", "flan-ul2")),
    ("huggingface model", "another owner", url("google", "bigscience")),
    ("huggingface model", "another input", put("ho", "inputs")),
    ("huggingface bytes", "another sound", lambda call: Call(call.url, b"\xff\xfaRIFF")),
    ("huggingface pipeline", "another task", url("feature-extraction", "sentence-similarity")),
    ("huggingface endpoint", "another endpoint", url("x1", "x2")),
    ("huggingface endpoint", "another parameter", put(6, "parameters", "top_k")),
    ("huggingface routed", "another provider behind the router", url("together", "nebius")),
    ("tgi", "no stream", url("_stream", "")),
    ("tei", "the texts in another order", put(["b", "a"], "texts")),
    ("vllm rerank", "another port elsewhere is another server", url("8000", "8001")),
    ("vllm tokenize", "another text", put("ho", "prompt")),
    ("llama.cpp", "more words", put(6, "n_predict")),
    ("lm studio", "another call", url("/models", "/models/m")),
    ("together rerank", "another model", put("n", "model")),
    ("openrouter models", "one author's alone", url("/models", "/models?author=x")),
    ("groq models", "one alone", url("/models", "/models/m")),
    ("groq sound", "another sound", lambda call: Call(call.url, b"\xff\xfa")),
    ("fireworks completion", "another prompt", put("ho", "prompt")),
    ("deepseek beta", "another edition", url("/beta", "")),
    ("xai deferred", "another request", url("r1", "r2")),
    ("perplexity search", "another question", put("r", "query")),
    ("openrouter response", "another input", put("ho", "input")),
]


@pytest.mark.parametrize("name", CALLS)
def test_each_is_recognised(name: str) -> None:
    """The provider and its call, by the host where it is known, else by path and body."""
    provider, endpoint, call = CALLS[name]
    form = canonical(call.request)
    assert (form.provider, form.endpoint) == (provider, endpoint)


@pytest.mark.parametrize(("name", "reason", "change"), SAME, ids=[f"{row[0]}: {row[1]}" for row in SAME])
def test_the_same_call(name: str, reason: str, change: Change) -> None:
    """What varies from run to run causes no miss."""
    call = CALLS[name][2]
    assert same(call, change(call)), reason


@pytest.mark.parametrize(("name", "reason", "change"), DIFFERENT, ids=[f"{row[0]}: {row[1]}" for row in DIFFERENT])
def test_a_different_call(name: str, reason: str, change: Change) -> None:
    """What is asked, of which model and on whose account, is compared."""
    call = CALLS[name][2]
    assert not same(call, change(call)), reason


def test_every_row_of_these_tables_is_used() -> None:
    """Each call stands in a table, and no row twice."""
    assert {row[0] for row in (*SAME, *DIFFERENT)} == set(CALLS)
    rows = [row[:2] for row in (*SAME, *DIFFERENT)]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize(
    "call",
    [
        Call("https://shop.example.com/search", {"query": "shoes", "max_results": 5}),
        Call("https://shop.example.com/v1/chat", {"text": "hi"}),
        Call("https://shop.example.com/v1/classify", {"inputs": ["x"]}),
        Call("https://shop.example.com/api/chat", {"messages": []}),
        Call("https://shop.example.com/", {"inputs": "x"}),
        Call("https://shop.example.com/models/shoes", {"color": "red"}),
        Call("https://shop.example.com/v1/threads", {"title": "x"}),
        get("https://shop.example.com/api/tags"),
        get("https://shop.example.com/v1/predictions"),
        get("https://shop.example.com/v1/batches"),
        get("https://huggingface.co/api/models/a/b"),
        Call("https://api.tavily.com/search", {"query": "q", "max_results": 5}),
    ],
    ids=lambda call: call.url,
)
def test_what_merely_looks_alike_is_none(call: Call) -> None:
    """On a host that nobody knows a path alone, or half the keys, make no LLM call."""
    assert canonical(call.request).provider == ""
