"""Names of what holds a secret, as data: headers, cookies, parameters, fields; read by every spelling of a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from llmvcr.providers import PROVIDERS

__all__ = ["COOKIES", "ENVIRONMENT", "FIELDS", "HEADERS", "QUERY", "TRACES", "TRACE_ENDS", "is_trace", "spellings"]

_GENERAL = {
    "authorization": "credentials",
    "proxy-authorization": "credentials",
    "apikey": "API key",
    "xi-api-key": "API key",
    "x-functions-key": "API key",
    "x-subscription-token": "API key",
    "dd-api-key": "API key",
    "x-auth-token": "access token",
    "x-access-token": "access token",
    "x-csrf-token": "access token",
    "x-xsrf-token": "access token",
    "private-token": "access token",
    "x-crewai-organization-id": "account id",
}

HEADERS: Mapping[str, str] = MappingProxyType(
    _GENERAL
    | {name: "API key" for provider in PROVIDERS for name in provider.secret_headers}
    | {name: "account id" for provider in PROVIDERS for name in provider.account_headers}
    | {"x-amz-security-token": "AWS session token", "cf-aig-authorization": "credentials"}
)
"""Headers that hold a secret, or what names an account, by name in lower case; the value is what they hold.

Those of one provider stand in its row; here is what many have.
"""

TRACES: frozenset[str] = frozenset(
    {
        *("cf-ray", "function-execution-id", "request-id", "x-amz-cf-id", "x-amz-id-2", "x-cloud-trace-context"),
        *("x-amzn-requestid", "traceresponse", "x-amzn-trace-id", "x-litellm-call-id"),
    }
)
"""Headers of answers by which a provider finds the call, and so the account; beside those that end as in `is_trace`."""

COOKIES = re.compile(r"(?i)__cf_bm|_cfuvid|__cflb|cf_clearance|.*(?:sess|sid\b|token|auth|csrf|jwt|user|account).*")
"""Names of cookies that let somebody else speak for a session."""

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "api_key": "API key",
        "subscription_key": "API key",
        "secret_key": "secret",
        "access_key": "secret",
        "account_key": "secret",
        "private_key": "private key",
        "signing_key": "secret",
        "session_key": "secret",
        "secret": "secret",
        "access_token": "access token",
        "refresh_token": "access token",
        "id_token": "access token",
        "auth_token": "access token",
        "api_token": "access token",
        "bearer_token": "access token",
        "session_token": "access token",
        "security_token": "AWS session token",
        "sas_token": "access token",
        "password": "password",
        "passwd": "password",
        "passphrase": "password",
        "authorization": "credentials",
        "credential": "credentials",
        "credentials": "credentials",
        "connection_string": "credentials",
        "cookie": "cookie",
        "organization_id": "account id",
        "organisation_id": "account id",
        "project_id": "account id",
    }
)
"""Fields of JSON, forms and multipart bodies whose text is a secret, by how their names end ("openai_api_key").

An account id counts where it looks drawn by lot: many have names, which are no secret.

Names that mean something else elsewhere ("token" in logprobs, "key", "signature" of a thought) are not among them.
"""

QUERY: Mapping[str, str] = MappingProxyType(
    {
        "key": "API key",
        "token": "access token",
        "sig": "signature of a shared URL",
        "signature": "signature of a shared URL",
        "x-amz-signature": "AWS signature",
        "x-amz-credential": "AWS key id",
        "x-goog-signature": "signature of a shared URL",
        "x-goog-credential": "account id",
        "upload_id": "upload id",
        "code_verifier": "secret",
        "client_assertion": "credentials",
    }
)
"""Parameters of queries and forms that are secrets by their whole names in lower case, beside `FIELDS`."""

ENVIRONMENT = ("API_KEY", "_TOKEN", "_SECRET", "_ACCESS_KEY", "_SECRET_KEY")
"""How the names of environment variables end whose values are secrets (decision 23, and AWS's)."""

TRACE_ENDS = ("*request-id", "*requestid", "*trace-id", "*correlation-id")
"""How such headers end."""

_TRACE = re.compile(r"(?:request-?id|trace-?id|correlation-?id)\Z")


def is_trace(name: str) -> bool:
    """Say whether a header of an answer, in lower case, tells one call from all others of the provider."""
    return name in TRACES or ("client" not in name and bool(_TRACE.search(name)))


def spellings(name: str) -> frozenset[str]:
    """Give the ways to write a field's name, in lower case: "api_key", "api-key", "apikey" (of apiKey)."""
    lower = name.lower()
    return frozenset({lower, *(re.sub("[_-]", sign, lower) for sign in ("_", "-", ""))})
