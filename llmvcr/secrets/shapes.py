"""Shapes of secrets, as data: how keys begin, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from llmvcr.secrets.placeholders import is_placeholder

__all__ = ["KNOWN", "SHAPES", "Shape", "Shapes"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of secret: it begins with `prefix`, and `tail`, a regular expression, follows.

    No tail has a boundary on its right: a key may be followed by "." or "&". On the left of the prefix there is one,
    so that base64 and ids which happen to hold the letters of a prefix are no keys.
    """

    kind: str
    prefix: str
    tail: str


_W, _D, _HEX, _LOWER = "[A-Za-z0-9]", "[A-Za-z0-9_-]", "[0-9a-f]", "[a-z0-9]"

SHAPES: tuple[Shape, ...] = (
    # Model providers, the narrower prefix first.
    Shape("Anthropic key", "sk-ant-", _D + "{20,}"),
    Shape("OpenRouter key", "sk-or-", _D + "{20,}"),
    Shape("Langfuse key", "sk-lf-", _D + "{20,}"),
    Shape("OpenAI key", "sk-", _D + "{20,}"),
    Shape("OpenAI client secret", "ek_", _W + "{24,}"),
    Shape("OpenAI session key", "sess-", _W + "{32,}"),
    Shape("webhook secret", "whsec_", "[A-Za-z0-9+/]{24,}"),
    Shape("Google API key", "AIza", _D + "{35}"),
    Shape("Google access token", "ya29.", "[A-Za-z0-9._-]{20,}"),
    Shape("Google client secret", "GOCSPX-", _D + "{24,}"),
    Shape("Google API key", "AQ.Ab8", _D + "{30,}"),
    Shape("AWS key id", "AKIA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Shape("AWS key id", "ASIA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Shape("Bedrock API key", "ABSK", "[A-Za-z0-9+/]{60,}"),
    Shape("Bedrock API key", "bedrock-api-key-", "[A-Za-z0-9+/_-]{40,}"),
    Shape("Groq key", "gsk_", _W + "{20,}"),
    Shape("Hugging Face token", "hf_", _W + "{30,}"),
    Shape("Hugging Face token", "api_org_", _W + "{30,}"),
    Shape("xAI key", "xai-", _W + "{40,}"),
    Shape("Perplexity key", "pplx-", _W + "{32,}"),
    Shape("Cerebras key", "csk-", _W + "{32,}"),
    Shape("NVIDIA key", "nvapi-", _D + "{32,}"),
    Shape("Replicate token", "r8_", _W + "{30,}"),
    Shape("Together key", "tgp_v1_", _D + "{30,}"),
    Shape("Fireworks key", "fw_", _W + "{20,}"),
    Shape("Fireworks key", "fpk_", _W + "{20,}"),
    Shape("Voyage key", "pa-", _D + "{40,}"),
    Shape("Jina key", "jina_", _W + "{32,}"),
    Shape("Nomic key", "nk-", _D + "{32,}"),
    Shape("ElevenLabs key", "sk_", _HEX + "{40,}"),
    Shape("Upstage key", "up_", _W + "{28,}"),
    Shape("Vercel key", "vck_", _W + "{40,}"),
    Shape("Scale key", "live_", _HEX + "{28,}"),
    Shape("GitHub Models token", "github_pat_", "[A-Za-z0-9_]{30,}"),
    Shape("Databricks token", "dapi", _HEX + "{32}"),
    Shape("Cartesia key", "sk_car_", _W + "{16,}"),
    Shape("RunPod key", "rpa_", _W + "{36,}"),
    Shape("Runway key", "key_", _HEX + "{64,}"),
    Shape("Luma key", "luma-", _D + "{36,}"),
    Shape("Volcengine key id", "AKLT", _W + "{40,}"),
    Shape("Baidu key", "bce-v3/ALTAK-", _W + "{16,}(?:/" + _HEX + "{40})?"),
    # What agents and their tools call.
    Shape("LlamaCloud key", "llx-", _W + "{40,}"),
    Shape("E2B key", "e2b_", _HEX + "{40}"),
    Shape("Browserbase key", "bb_live_", _D + "{20,}"),
    Shape("You.com key", "ydc-sk-", _D + "{20,}"),
    Shape("Tavily key", "tvly-", _D + "{20,}"),
    Shape("Firecrawl key", "fc-", _HEX + "{32}"),
    Shape("Pinecone key", "pcsk_", "[A-Za-z0-9_]{40,}"),
    Shape("LangSmith key", "lsv2_", "[a-z]{2}_[0-9a-f_]{30,}"),
    Shape("LangSmith key", "ls__", _HEX + "{32}"),
    Shape("Langfuse key", "pk-lf-", "[0-9a-f-]{30,}"),
    Shape("Logfire token", "pylf_v", "[0-9]_[a-z]{2}_" + _W + "{30,}"),
    Shape("Helicone key", "sk-helicone-", _D + "{20,}"),
    Shape("PostHog key", "phc_", _W + "{30,}"),
    Shape("PostHog key", "phx_", _W + "{30,}"),
    Shape("Weights & Biases key", "wandb_v1_", _D + "{30,}"),
    Shape("Notion token", "ntn_", _W + "{40,}"),
    Shape("Linear key", "lin_api_", _W + "{30,}"),
    Shape("Figma token", "figd_", _D + "{30,}"),
    Shape("Airtable token", "pat", _W + r"{14}\.[0-9a-f]{64}"),
    # Everything else that programs hold.
    Shape("GitHub token", "ghp_", _W + "{30,}"),
    Shape("GitHub token", "gho_", _W + "{30,}"),
    Shape("GitHub token", "ghs_", _W + "{30,}"),
    Shape("GitHub token", "ghu_", _W + "{30,}"),
    Shape("GitHub token", "ghr_", _W + "{30,}"),
    Shape("GitLab token", "glpat-", _D + "{20,}"),
    Shape("Slack token", "xox", "[abeoprs]-[A-Za-z0-9-]{20,}"),
    Shape("Slack token", "xapp-", "[0-9]-[A-Za-z0-9-]{20,}"),
    Shape("Stripe key", "sk_live_", _W + "{20,}"),
    Shape("Stripe key", "rk_live_", _W + "{20,}"),
    Shape("Stripe key", "sk_test_", _W + "{20,}"),
    Shape("SendGrid key", "SG.", _D + r"{16,}\." + _D + "{16,}"),
    Shape("PyPI token", "pypi-", _D + "{50,}"),
    Shape("npm token", "npm_", _W + "{36}"),
    Shape("DigitalOcean token", "dop_v1_", _HEX + "{64}"),
    Shape("Shopify token", "shpat_", "[0-9a-fA-F]{32}"),
    Shape("HashiCorp Vault token", "hvs.", _D + "{24,}"),
    Shape("Sentry token", "sntrys_", "[A-Za-z0-9+/=_-]{40,}"),
    Shape("Sentry token", "sntryu_", _HEX + "{64}"),
    Shape("Grafana token", "glsa_", "[A-Za-z0-9_]{40,}"),
    Shape("New Relic key", "NRAK-", "[A-Z0-9]{27}"),
    Shape("Doppler token", "dp.pt.", _W + "{40,}"),
    Shape("Fly token", "fm2_", "[A-Za-z0-9+/=_-]{40,}"),
    Shape("Supabase key", "sbp_", _HEX + "{40}"),
    Shape("Supabase key", "sb_secret_", _D + "{20,}"),
    Shape("Mailgun key", "key-", _HEX + "{32}"),
    Shape("Google refresh token", "1//0", _D + "{40,}"),
    Shape("Alibaba key id", "LTAI", _W + "{16,}"),
    Shape("Tencent key id", "AKID", _W + "{32}"),
    Shape("Docker token", "dckr_pat_", _D + "{24,}"),
    Shape("Postman key", "PMAK-", "[0-9a-f-]{50,}"),
    Shape("HubSpot token", "pat-na1-", "[0-9a-f-]{32,}"),
    Shape("HubSpot token", "pat-eu1-", "[0-9a-f-]{32,}"),
    Shape("Heroku key", "HRKU-", _D + "{36,}"),
    Shape("age key", "AGE-SECRET-KEY-1", "[A-Z0-9]{50,}"),
    Shape("RubyGems key", "rubygems_", _HEX + "{40,}"),
    Shape("Contentful token", "CFPAT-", _D + "{40,}"),
    Shape("Sourcegraph token", "sgp_", _HEX + "{40}"),
    Shape("Pulumi token", "pul-", _HEX + "{40}"),
    Shape("Netlify token", "nfp_", _W + "{36,}"),
    Shape("Neon key", "napi_", _W + "{40,}"),
    Shape("PlanetScale token", "pscale_tkn_", _D + "{30,}"),
    Shape("Atlassian token", "ATATT3", "[A-Za-z0-9_=-]{40,}"),
    Shape("JSON web token", "eyJ", r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    # No secrets, yet they name who pays.
    Shape("account id", "org-", _W + "{24}(?![A-Za-z0-9])"),
    Shape("account id", "user-", _W + "{24}(?![A-Za-z0-9])"),
    Shape("account id", "proj_", _W + "{24}(?![A-Za-z0-9])"),
)
"""Where two begin alike the longer prefix counts; the rows are those of matching.md §5, parts.md and the providers."""

_LEFT = rb"(?<![A-Za-z0-9_-])"
_BLOB = 4096
_DRAWN = re.compile("[0-9]|[a-z][A-Z]")


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes made ready: all of them in one regular expression."""

    rows: tuple[Shape, ...]
    pattern: re.Pattern[bytes]

    def found(self, tokens: Iterable[bytes], *, doubtful: bool = False) -> list[tuple[Shape, str]]:
        """Give what has a known shape in tokens (see `texts.tokens`); `doubtful` takes placeholders, too."""
        small = [token for token in tokens if len(token) <= _BLOB]
        found = self._in(b"\n".join(small), doubtful=doubtful)
        for token in tokens:
            if len(token) > _BLOB:
                # An image or an embedding: a key cannot begin within it, but at its start and behind a full stop.
                for piece in {token, *token.split(b".")}:
                    if match := self.pattern.match(piece):
                        found += self._in(match[0], doubtful=doubtful)
        return found

    def _in(self, text: bytes, *, doubtful: bool) -> list[tuple[Shape, str]]:
        found = []
        for match in self.pattern.finditer(text):
            value = match[0].decode("ascii")
            if doubtful or not (is_placeholder(value) or _is_words(value)):
                found.append((self.rows[(match.lastindex or 1) - 1], value))
        return found


def _made(rows: Iterable[Shape]) -> Shapes:
    ordered = tuple(sorted(rows, key=lambda row: -len(row.prefix)))
    each = (rb"(%s%s)" % (re.escape(row.prefix).encode(), row.tail.encode()) for row in ordered)
    return Shapes(ordered, re.compile(_LEFT + rb"(?:" + rb"|".join(each) + rb")"))


def _is_words(value: str) -> bool:
    """Say whether it is a name made of words ("pa-governor-signs-bill-…"): no piece of it looks drawn."""
    pieces = re.split(r"[-_.]", value)
    return len(pieces) > 3 and not any(len(piece) > 9 and _DRAWN.search(piece) for piece in pieces)


KNOWN = _made(SHAPES)
"""All shapes, ready to be looked for."""
