"""IBM watsonx.ai, in the cloud and on one's own cluster.

https://cloud.ibm.com/apidocs/watsonx-ai: paths; `version` is a date in the query of every call.
"""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider, Rule
from llmvcr.providers.openai import OPENAI

__all__ = ["WATSONX"]

_CALL = (
    Rule(
        "query.version",
        "ignore",
        "the date of the API that the SDK was made for; while the body says what is asked",
    ),
)

_CHAT = (
    *_CALL,
    *(
        Rule(path, "id", "drawn by the server for each tool call, and echoed with the call and its result")
        for path in ("messages[*].tool_calls[*].id", "messages[*].tool_call_id")
    ),
)


def _text(word: str, *keys: str, rules: tuple[Rule, ...] = _CALL) -> tuple[Endpoint, ...]:
    # With a deployment in the path the model stands in it, and the project does, too.
    return (
        Endpoint(f"text.{word}", "POST", f"/ml/v1/text/{word}", rules, body_keys=tuple(sorted((*keys, "model_id")))),
        Endpoint(f"text.{word}", "POST", f"/ml/v1/deployments/{{deployment}}/text/{word}", rules, body_keys=keys),
    )


WATSONX = Provider(
    name="watsonx",
    hosts=("*.ml.cloud.ibm.com", "*.wxai.ibm.com"),
    endpoints=(
        *_text("chat", "messages", rules=_CHAT),
        *_text("chat_stream", "messages", rules=_CHAT),
        *_text("generation", "input"),
        *_text("generation_stream", "input"),
        *_text("embeddings", "inputs"),
        *_text("rerank", "inputs", "query"),
        *_text("tokenization", "input"),
        Endpoint("time_series.forecast", "POST", "/ml/v1/time_series/forecast", _CALL, body_keys=("data", "model_id")),
        Endpoint("foundation_models.list", "GET", "/ml/v1/foundation_model_specs", _CALL),
        Endpoint("tasks.list", "GET", "/ml/v1/foundation_model_tasks", _CALL),
        *OPENAI.endpoints,
    ),
    id_prefixes=("chatcmpl-", "chatcmpl-tool-", "call_"),
    bases=("/ml/gateway",),
    rules=_CALL,
)
"""The provider `watsonx`. Which project or space pays is compared; so is the deployment."""
