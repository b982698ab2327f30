"""DashScope (Alibaba Cloud Model Studio): its own API; below /compatible-mode it has OpenAI's rows.

https://www.alibabacloud.com/help/en/model-studio: text, picture, video and embedding calls are all of one shape,
`model`, `input` and `parameters`, at /services/{group}/{task}/{function}; the slow ones answer with a task to poll.
Whether a call is streamed or slow stands in a header alone (X-DashScope-SSE, X-DashScope-Async), which is compared as
"stream" in the body of others is.
"""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.compatible import RERANK
from llmvcr.providers.openai import OPENAI

__all__ = ["DASHSCOPE"]

_SERVICE = tuple(
    Rule(path, "id", "drawn by the server for each tool call, and echoed with the call and its result")
    for path in ("input.messages[*].tool_calls[*].id", "input.messages[*].tool_call_id")
)

_MODES = ("x-dashscope-async", "x-dashscope-sse")

_APP = (Rule("input.session_id", "id", "drawn by the server for a conversation, and echoed"),)

DASHSCOPE = Provider(
    name="dashscope",
    hosts=("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com", "*.maas.aliyuncs.com"),
    endpoints=(
        Endpoint(
            "generation",
            "POST",
            "/services/aigc/{task}/generation",
            _SERVICE,
            body_keys=("input", "model"),
            headers=_MODES,
        ),
        Endpoint(
            "services", "POST", "/services/{group}/{task}/{function}", body_keys=("input", "model"), headers=_MODES
        ),
        Endpoint("apps", "POST", "/apps/{app_id}/completion", _APP, body_keys=("input",), headers=_MODES),
        Endpoint("tasks.retrieve", "GET", "/api/v1/tasks/{task_id}"),
        Endpoint("tasks.cancel", "POST", "/api/v1/tasks/{task_id}/cancel"),
        Endpoint("tokenizer", "POST", "/api/v1/tokenizer", _SERVICE, body_keys=("input", "model")),
        Endpoint("reranks", "POST", "/reranks", body_keys=("documents", "query")),
        RERANK,
        *OPENAI.endpoints,
    ),
    id_prefixes=OPENAI.id_prefixes,
    account_headers=("x-dashscope-workspace",),
    bases=("/api", "/compatible-api", "/compatible-mode", "/api/v2/apps/protocols/compatible-mode"),
)
"""The provider `dashscope`."""
