"""Amazon Bedrock's runtime, and what is asked of its catalogue of models. boto3 has no classes for answers: dicts only.

Paths as in botocore 1.44 (its `bedrock-runtime` and `bedrock`). A `:` of a model's name may be written as `%3A`. The
region stands in the host, and is compared with it. Claude's own API, which stands behind `invoke`, is a row of
`llmvcr.providers.anthropic`.
"""

from __future__ import annotations

from llmvcr.providers import bedrock_rules as rules
from llmvcr.providers.anthropic import ON_BEDROCK
from llmvcr.providers.base import Endpoint, Provider

__all__ = ["BEDROCK"]

_RUNTIME_HOSTS = (
    "bedrock-runtime.*.amazonaws.com",
    "bedrock-runtime.*.amazonaws.com.cn",
    "bedrock-runtime-fips.*.amazonaws.com",
    "bedrock-runtime.*.api.aws",
    "bedrock-runtime-fips.*.api.aws",
)
_CATALOGUE_HOSTS = ("bedrock.*.amazonaws.com", "bedrock.*.amazonaws.com.cn", "bedrock-fips.*.amazonaws.com")

# What the makers' bodies are known by, where the host is not Amazon's (a proxy, a gateway).
_BODIES = (
    ("messages",),
    ("prompt",),
    ("inputText",),
    ("texts",),
    ("taskType",),
    ("inputs",),
)


def _invoke(name: str, path: str) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(name, "POST", path, rules.INVOKE, body_keys=keys) for keys in (*_BODIES, ()))


_RUNTIME_CALLS = (
    Endpoint("converse", "POST", "/model/{model}/converse", rules.CONVERSE, body_keys=("messages",)),
    Endpoint("converse_stream", "POST", "/model/{model}/converse-stream", rules.CONVERSE, body_keys=("messages",)),
    *_invoke("invoke_model", "/model/{model}/invoke"),
    *_invoke("invoke_model_with_response_stream", "/model/{model}/invoke-with-response-stream"),
    Endpoint("count_tokens", "POST", "/model/{model}/count-tokens", rules.COUNT, body_keys=("input",)),
    Endpoint(
        "apply_guardrail",
        "POST",
        "/guardrail/{guardrail}/version/{version}/apply",
        rules.GUARDRAIL,
        body_keys=("content", "source"),
    ),
    Endpoint("start_async_invoke", "POST", "/async-invoke", rules.ASYNC, body_keys=("modelId", "modelInput")),
    Endpoint("get_async_invoke", "GET", "/async-invoke/{invocation}"),
    Endpoint("list_async_invokes", "GET", "/async-invoke"),
)

_CATALOGUE_CALLS = (
    Endpoint("list_foundation_models", "GET", "/foundation-models"),
    Endpoint("get_foundation_model", "GET", "/foundation-models/{model}"),
    Endpoint("list_inference_profiles", "GET", "/inference-profiles"),
    Endpoint("get_inference_profile", "GET", "/inference-profiles/{profile}"),
)

BEDROCK = Provider(
    name="bedrock",
    hosts=(*_RUNTIME_HOSTS, *_CATALOGUE_HOSTS),
    endpoints=(*ON_BEDROCK, *_RUNTIME_CALLS, *_CATALOGUE_CALLS),
    # Claude's among them, on both its ways.
    id_prefixes=("msg_bdrk_", "srvtoolu_bdrk_", "toolu_bdrk_", "tooluse_"),
    secret_headers=("x-amz-security-token",),
)
"""The provider `bedrock`."""
