"""What secrets look like, as data: names of headers, cookies and parameters that hold them, and the shapes of keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["COOKIES", "HEADERS", "QUERY", "SHAPES", "Shape", "is_placeholder"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of secret: `hint` stands in every one, `pattern` fits the whole (group 1, if any, is the secret)."""

    kind: str
    hint: str
    pattern: re.Pattern[str]
    known: str = ""


def _key(kind: str, prefix: str, tail: str) -> Shape:
    """Make the shape of a key that begins with a prefix.

    There is no boundary on the right: a key may be followed by "." or "&". On the left there is one, so that base64
    and ids that happen to hold the letters of a prefix are no keys.
    """
    return Shape(kind, prefix, re.compile(rf"(?<![A-Za-z0-9+/_-]){re.escape(prefix)}{tail}"), prefix)


_WORD, _WIDE = "[A-Za-z0-9]", "[A-Za-z0-9_-]"

SHAPES: tuple[Shape, ...] = (
    _key("Anthropic key", "sk-ant-", _WIDE + "{20,}"),
    _key("OpenRouter key", "sk-or-", _WIDE + "{20,}"),
    Shape("OpenAI key", "sk-", re.compile(r"(?<![A-Za-z0-9+/_-])sk-(?!ant-|or-)[A-Za-z0-9_-]{20,}"), "sk-"),
    _key("Google API key", "AIza", _WIDE + "{35}"),
    _key("Google access token", "ya29.", "[A-Za-z0-9._-]{20,}"),
    _key("AWS key id", "AKIA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _key("AWS key id", "ASIA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _key("Groq key", "gsk_", _WORD + "{20,}"),
    _key("Hugging Face token", "hf_", _WORD + "{30,}"),
    _key("xAI key", "xai-", _WORD + "{40,}"),
    _key("Perplexity key", "pplx-", _WORD + "{32,}"),
    _key("Cerebras key", "csk-", _WORD + "{32,}"),
    _key("NVIDIA key", "nvapi-", _WIDE + "{32,}"),
    _key("Replicate token", "r8_", _WORD + "{30,}"),
    _key("Together key", "tgp_v1_", _WIDE + "{30,}"),
    _key("Fireworks key", "fw_", _WORD + "{20,}"),
    _key("Tavily key", "tvly-", _WIDE + "{20,}"),
    _key("LangSmith key", "lsv2_", "[a-z]{2}_[0-9a-f_]{30,}"),
    _key("PostHog key", "phc_", _WORD + "{30,}"),
    _key("GitHub token", "ghp_", _WORD + "{30,}"),
    _key("GitHub token", "gho_", _WORD + "{30,}"),
    _key("GitHub token", "github_pat_", "[A-Za-z0-9_]{30,}"),
    _key("GitLab token", "glpat-", _WIDE + "{20,}"),
    _key("Slack token", "xoxb-", "[0-9A-Za-z-]{20,}"),
    Shape(
        "JSON web token",
        "eyJ",
        re.compile(r"(?<![A-Za-z0-9+/_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
        "eyJ",
    ),
    Shape("signature of a shared URL", "sig=", re.compile(r"(?:[?&;]|u0026)sig=([A-Za-z0-9%+/_-]{20,}=*)")),
    Shape("AWS signature", "X-Amz-Signature=", re.compile(r"X-Amz-Signature=([0-9a-f]{40,})")),
    Shape("AWS signature", "Signature=", re.compile(r"AWS4-HMAC-SHA256 .{0,400}Signature=([0-9a-f]{40,})")),
    Shape("AWS session token", "X-Amz-Security-Token=", re.compile(r"X-Amz-Security-Token=([A-Za-z0-9%+/=_-]{40,})")),
    Shape("bearer token", "Bearer ", re.compile(r"(?<![A-Za-z])Bearer ([A-Za-z0-9._~+/-]{20,}=*)")),
    Shape("private key", "PRIVATE KEY-----", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]{40,}-----END")),
)
"""Shapes of secrets, the narrower ones first; the rows are those of matching.md §5 and parts.md, "Secrets"."""

HEADERS: Mapping[str, str] = {
    "authorization": "credentials",
    "proxy-authorization": "credentials",
    "api-key": "API key",
    "apikey": "API key",
    "x-api-key": "API key",
    "xi-api-key": "API key",
    "x-goog-api-key": "API key",
    "x-functions-key": "API key",
    "ocp-apim-subscription-key": "API key",
    "x-subscription-token": "API key",
    "x-auth-token": "access token",
    "x-access-token": "access token",
    "private-token": "access token",
    "x-amz-security-token": "AWS session token",
    "openai-organization": "account id",
    "openai-project": "account id",
    "anthropic-organization-id": "account id",
}
"""Headers that hold a secret, or what names an account, by name in lower case; the value is what they hold."""

QUERY: Mapping[str, str] = {
    "key": "API key",
    "api_key": "API key",
    "api-key": "API key",
    "apikey": "API key",
    "subscription-key": "API key",
    "access_token": "access token",
    "token": "access token",
    "sig": "signature of a shared URL",
    "signature": "signature of a shared URL",
    "x-amz-signature": "AWS signature",
    "x-amz-security-token": "AWS session token",
    "x-goog-signature": "signature of a shared URL",
    "upload_id": "upload id",
}
"""Query parameters that hold a secret, by name in lower case."""

COOKIES = re.compile(r"(?i)__cf_bm|_cfuvid|__cflb|cf_clearance|.*(?:sess|sid\b|token|auth|csrf|jwt).*")
"""Names of cookies that let somebody else speak for a session."""

_WORDS = re.compile(
    r"(?i)redact|filter|dummy|fake|mock|placeholder|scrub|sanitiz|hidden|secret|example|made-?up|your[-_ ]|my[-_ ]|"
    r"xxx|\*\*\*|\.\.\.|test|none|null|undefined|not[-_ ]?(?:used|needed|required)|deadbeef|123456789|abcdefgh"
)
_WRAPPED = re.compile(r"<.*>|\[.*\]|\{.*\}|%7B.*%7D|%3C.*%3E|\$\w+", re.DOTALL)
_SHORT, _VARIETY = 8, 6


def is_placeholder(value: str) -> bool:
    """Say whether a value only stands for a secret: a word that says so, too short, or of too few characters."""
    value = value.strip()
    short = len(value) < _SHORT or len(set(value)) < _VARIETY
    return short or bool(_WRAPPED.fullmatch(value)) or bool(_WORDS.search(value))
