"""Laws of redaction for any interaction: done twice it changes no more, it never raises, it spares what is clean."""

from __future__ import annotations

import gzip
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from interactions import INTERACTIONS
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.redaction import find, redactor
from made_up_keys import KEYS, left

CLEANER = redactor(environ={"SOME_API_KEY": "7f3aQ9xZk2LmN0pRtV5w"})
_BITS = st.sampled_from(
    [
        *(key.encode() for _, key in KEYS[::8]),
        *(
            b'"api_key":',
            b'\\"password\\":\\"',
            b'"',
            b"\\",
            b"{",
            b"}",
            b",",
            b"null",
            b"\n",
            b"data: ",
            b"?key=",
            b"&",
            b"=",
        ),
        *(b"%2D", b"\\u002d", b"7f3aQ9xZk2LmN0pRtV5w", b"Bearer ", b"AWS4-HMAC-SHA256 Credential=", b"://a:", b"@"),
        *(
            gzip.compress(b"sk-a", mtime=0),
            b"H4sI",
            b"eyJ",
            b"\xff",
            b'name="token"\r\n\r\n',
            b"-----BEGIN PRIVATE KEY-----",
        ),
    ]
)
HOSTILE = st.lists(_BITS | st.binary(max_size=8), max_size=14).map(b"".join)


def _cut(body: bytes, places: list[int]) -> tuple[bytes, ...]:
    at = sorted({0, *(place % (len(body) + 1) for place in places), len(body)})
    return tuple(body[start:end] for start, end in pairwise(at))


def _of(url: str, value: str, body: bytes, chunks: tuple[bytes, ...]) -> Interaction:
    headers = (("Authorization", value), ("Cookie", value), ("X-Odd", value), ("Content-Length", str(len(body))))
    times = tuple(float(n) for n in range(len(chunks) + 1))
    return Interaction(
        Request("POST", url, headers, body),
        Response(200, "OK", headers, chunks, error=value, times=times),
        notes={"frames": [{"text": value}, {"text": url}], "a": [value, {"password": value}]},
    )


@example("", f"{KEYS[0][1]}?key=", f"{KEYS[0][1]}?key={KEYS[0][1]}".encode(), b"", [])
@given(
    HOSTILE.map(lambda data: data.decode("latin-1")),
    HOSTILE.map(lambda data: data.decode("utf-8", "replace")),
    HOSTILE,
    HOSTILE,
    st.lists(st.integers(0, 400), max_size=5),
)
def test_twice_is_once(url: str, value: str, body: bytes, answer: bytes, cuts: list[int]) -> None:
    """Whatever the bytes: nothing raises, redacting again gives the same object, and times go with chunks."""
    before = _of(url, value, body, _cut(answer, cuts))
    after = CLEANER.redact(before).interaction
    again = CLEANER.redact(after)
    assert again.interaction == after
    assert len(after.response.times) == len(after.response.chunks) + 1
    asked = CLEANER.matched(before.request)
    assert CLEANER.matched(asked).body == asked.body
    alone = CLEANER.redact_request(before.request)
    assert CLEANER.redact_request(alone) == alone
    CLEANER.find(before, traces=True)
    find(body)


@given(INTERACTIONS)
def test_what_is_clean_is_the_same_object(interaction: Interaction) -> None:
    """Where nothing is found nothing is made anew."""
    done = CLEANER.redact(interaction)
    assert bool(done.replaced) == (done.interaction is not interaction)
    if not done.replaced:
        assert CLEANER.redact_request(interaction.request) is interaction.request


@given(st.sampled_from([key for _, key in KEYS]), st.lists(st.integers(0, 300), max_size=8))
def test_chunks_without_a_secret_stay(key: str, cuts: list[int]) -> None:
    """However a stream is cut, the key goes, and a chunk that held nothing of it is the very same object."""
    body = b'data: {"a": "some text before"}\n\ndata: {"b": "' + key.encode() + b'"}\n\ndata: {"c": "after it"}\n\n'
    before = Interaction(Request("GET", "https://example.com/"), Response(200, chunks=_cut(body, cuts)))
    after = CLEANER.redact(before).interaction
    assert left(after, key) == []
    start, end = body.index(key.encode()), body.index(key.encode()) + len(key)
    at = 0
    for chunk in before.response.chunks:
        if at + len(chunk) <= start or at >= end:
            assert any(chunk is kept for kept in after.response.chunks)
        at += len(chunk)
