"""What stands in the place of a secret: our own text for it, and what other people write there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

__all__ = ["NEUTRAL", "StandIn", "is_placeholder", "marked", "neutral", "placeholder"]

NEUTRAL = b"llmvcr-redacted"
"""What every placeholder of ours begins with, and what all of them are to the matcher."""

_OURS = re.compile(rb"llmvcr-redacted(?:-[a-z0-9]+)+")
_WORDS = re.compile(
    # Whole words, or several in one ("apikey"): "id" in "paid" says nothing.
    r"(?<![a-z])(?:"
    r"redact(?:ed)?|filter(?:ed)?|dummy|fake|mock(?:ed)?|placeholder|scrub(?:bed)?|sanitized?|hidden|secret|example|"
    r"made-?up|your|my|tests?|testing|none|null|undefined|not[-_ ]?(?:used|needed|required)|deadbeef|string|sample|"
    r"insert|changeme|bearer|basic|token|api|key|authorization|auth|organization|org|project|account|cookie|session|"
    r"aws|openai|anthropic|azure|google|gemini|groq|cohere|mistral|password|passwd|pass|user|here|goes|anything|empty|"
    r"id|value|for|the|not|"
    # rows of signs in order, or of one sign
    r"0123456789|1234567890|123456789|12345678|abcdefghijklmnopqrstuvwxyz|abcdefghijklmnop|abcdefgh|abcdef|12345|"
    r"x{3,}|0{4,}|\*{3,}|\.{3,})++(?![a-z])"
)
_WRAPPED = re.compile(r"<.*>|\[.*\]|\{.*\}|%7B.*%7D|%3C.*%3E|\$\w+|\$\{.*\}", re.DOTALL)
_SIGNS = re.compile(r"[^A-Za-z0-9]+")
_ESCAPED = re.compile(r"\\+(?:u([0-9A-Fa-f]{4}))?")
_BITS = 16
_SHORT, _VARIETY, _LEFT, _DRAWN = 6, 4, 16, 8


@dataclass(frozen=True, slots=True)
class StandIn:
    """What is written in the place of one secret: its `kind`, and a `mark` where values are still told apart."""

    kind: str
    mark: str = ""

    @property
    def text(self) -> bytes:
        """The placeholder, with the mark: b"llmvcr-redacted-password--3f2a"."""
        return f"{placeholder(self.kind)}{self.mark}".encode()


def marked(kind: str, value: str) -> StandIn:
    """Give the stand-in of what somebody has said, of which another value is another text to the matcher.

    The mark is 16 bits of a digest, without a key, so that it is the same wherever a cassette is recorded. It tells
    that much of the secret and no more: of a million six-digit numbers 15 have the same mark, so it proves no guess
    right; and of 65,536 changed values one is taken for the same.
    """
    # However often it was written as JSON within JSON.
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else "", value)
    digest = blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=_BITS // 8, person=b"llmvcr said")
    return StandIn(kind, f"--{digest.hexdigest()}")


@lru_cache(maxsize=256)
def placeholder(kind: str) -> str:
    """Write what stands in for a secret of this kind: "llmvcr-redacted-openai-key".

    Only letters, digits and hyphens, so that it is the same text in a header, a cookie, a URL, JSON and a form; and
    the same for every secret of one kind, so that recording again changes nothing.
    """
    return f"{NEUTRAL.decode()}-{_SIGNS.sub('-', kind.lower()).strip('-')}"


def neutral(data: bytes) -> bytes:
    """Make every placeholder of ours the same, whatever its kind; those with different marks stay different."""
    return _OURS.sub(NEUTRAL, data) if NEUTRAL in data else data


@lru_cache(maxsize=1024)
def is_placeholder(value: str) -> bool:
    """Say whether a value only stands for a secret.

    It does when it is wrapped ("<key>"), too short, of too few characters, or when words that say so leave fewer than
    16 letters and digits of it (or than 8 that look drawn): a word may stand in a real key by chance. A pure cache,
    since one key stands in all calls of a test.
    """
    value = value.strip()
    if len(value) < _SHORT or len(set(value)) < _VARIETY or value.startswith(NEUTRAL.decode()):
        return True
    if _WRAPPED.fullmatch(value):
        return True
    left, words = _WORDS.subn("", value.lower())
    left = _SIGNS.sub("", left)
    drawn = len(left) >= _DRAWN and not left.isalpha() and not left.isdigit()
    return words > 0 and not drawn and len(left) < _LEFT
