"""What looks like a secret is found by place and kind, is never told, and is replaced only where that is asked for."""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest

from llmvcr import redaction, storage
from llmvcr.interaction import Headers, Interaction, Request, Response
from llmvcr.secrets.placeholders import is_placeholder
from shared import CASSETTES, corpus

LETTERS = string.ascii_letters + string.digits


def made_up(prefix: str, length: int, letters: str = LETTERS) -> str:
    """A made-up key: letters drawn by a fixed seed."""
    draw = random.Random(f"{prefix}{length}")  # noqa: S311 - nothing is protected by it
    return prefix + "".join(draw.choices(letters, k=length))


OPENAI = made_up("sk-proj-", 60)
KEYS = {
    "OpenAI key": OPENAI,
    "Anthropic key": made_up("sk-ant-api03-", 80),
    "OpenRouter key": made_up("sk-or-v1-", 64),
    "Google API key": made_up("AIza", 35),
    "AWS key id": made_up("AKIA", 16, string.ascii_uppercase + string.digits),
    "Groq key": made_up("gsk_", 52),
    "Hugging Face token": made_up("hf_", 34),
    "xAI key": made_up("xai-", 80),
    "GitHub token": made_up("ghp_", 36),
    "JSON web token": ".".join([made_up("eyJ", 30), made_up("eyJ", 60), made_up("", 43)]),
}
CHAT = "https://api.openai.com/v1/chat/completions"


def call(
    url: str = CHAT, *, sent: Headers = (), got: Headers = (), body: bytes = b"{}", answer: bytes = b"{}"
) -> Interaction:
    """An interaction with something in one of its places."""
    return Interaction(Request("POST", url, sent, body), Response(200, "OK", got, (answer,)))


def found(interaction: Interaction) -> list[tuple[str, str]]:
    """The place and the kind of each find."""
    return [(each.place, each.kind) for each in redaction.find(interaction)]


@pytest.mark.parametrize(("kind", "key"), KEYS.items())
def test_a_known_key_is_found_in_every_place(kind: str, key: str) -> None:
    """Headers of any name, query, and both bodies: a key is known by its shape."""
    text = json.dumps({"note": f"use {key}."}).encode()
    assert found(call(f"{CHAT}?x={key}")) == [("request.url", kind)]
    assert found(call(sent=(("X-Odd", key),))) == [("request.headers.x-odd", kind)]
    assert found(call(got=(("X-Odd", key),))) == [("response.headers.x-odd", kind)]
    assert found(call(body=text)) == [("request.body", kind)]
    assert found(call(answer=text)) == [("response.body", kind)]
    assert found(call(answer=gzip.compress(text, mtime=0), got=(("Content-Encoding", "gzip"),))) == [
        ("response.body", kind)
    ]
    assert found(replace(call(), notes={"recording": {"body": {"a": key}}})) == [("notes", kind)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("Authorization", f"Bearer {OPENAI}"),), [("authorization", "OpenAI key")]),
        ((("authorization", "Bearer q8Zt0aXw3kLm"),), [("authorization", "credentials")]),
        ((("Authorization", "Basic dXNlcjpwYXNzd29yZA=="),), [("authorization", "credentials")]),
        ((("api-key", "0123f7d9ab56e0c4"),), [("api-key", "API key")]),
        ((("x-goog-api-key", KEYS["Google API key"]),), [("x-goog-api-key", "Google API key")]),
        ((("OpenAI-Organization", "org-a8Kq2LzP0vBn"),), [("openai-organization", "account id")]),
        (
            (("Cookie", "__cf_bm=a8Kq2LzP0vBn.1; theme=dark12345; _cfuvid=Zt0aXw3kLm8q"),),
            [("cookie", "cookie __cf_bm"), ("cookie", "cookie _cfuvid")],
        ),
        ((("Set-Cookie", "session=a8Kq2LzP0vBn; Path=/; token=x"),), [("set-cookie", "cookie session")]),
    ],
)
def test_a_header_is_known_by_its_name(headers: Headers, expected: list[tuple[str, str]]) -> None:
    """A value under a known name is a secret, whatever its shape; of cookies only those that carry a session."""
    assert found(call(sent=headers)) == [(f"request.headers.{name}", kind) for name, kind in expected]


def test_half_a_pair_in_a_secret() -> None:
    """A secret with a lone surrogate, which JSON can escape, is taken out by its name, and nothing raises."""
    body = b'{"client_secret": "made-up-\\ud800-3f9Qz71Lk02mXv8"}'
    request = Request("POST", "https://api.example.com/login", (), body)
    redacted = redaction.redacted(Interaction(request, Response(200, "OK", (), (body,))))
    assert b"3f9Qz71Lk02mXv8" not in (redacted.request.body or b"") + redacted.response.body
    assert redaction.find(redacted) == ()


def test_an_aws_signature_is_found_inside_its_header() -> None:
    """SigV4 tells the key's id and a signature in one value."""
    key = KEYS["AWS key id"]
    text = f"AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-1/bedrock/aws4_request, Signature={'0a1b2c3d4e' * 6}"
    place = "request.headers.authorization"
    assert found(call(sent=(("Authorization", text),))) == [(place, "AWS key id"), (place, "AWS signature")]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("key=a8Kq2LzP0vBn", "API key"),
        (f"key={KEYS['Google API key']}", "Google API key"),
        ("sv=2024&sig=a8Kq2LzP0vBnZt0aXw3kLm%2Bq%3D", "signature of a shared URL"),
        ("X-Amz-Security-Token=a8Kq2LzP0vBnZt0aXw3kLmq", "AWS session token"),
    ],
)
def test_a_query_parameter_is_known_by_its_name(query: str, kind: str) -> None:
    """A value in the query is found once, and its kind is the narrowest known."""
    (find,) = redaction.find(call(f"https://api.example.com/v1?{query}"))
    assert (find.place, find.kind) == ("request.url", kind)


@pytest.mark.parametrize(
    "value",
    [
        *("", "REDACTED", "test", "sk-made-up-key-0123456789", "<OPENAI_API_KEY>", "****************", "{{token}}"),
        *("Bearer None", "your-api-key-goes-here", "xxxxxxxxxxxxxxxxxxxx", "llmvcr-redacted-openai-key", "aaaabbbaaa"),
    ],
)
def test_a_placeholder_is_no_secret(value: str) -> None:
    """What people write in the place of a key is left in peace."""
    assert is_placeholder(value)
    assert found(call(sent=(("Authorization", value), ("X-Api-Key", value)))) == []


def test_what_only_looks_odd_is_no_secret() -> None:
    """Embeddings, images, ids of tools, signatures of thoughts and encrypted reasoning give no alarm."""
    blob = made_up("", 4000, LETTERS + "+/")
    urlsafe = made_up("gAAAAAB", 4000, LETTERS + "-_") + "sk-" + made_up("", 40)
    answer = {
        "id": "chatcmpl-BqZ4sL0pVn8aKtX2wY6eR1cD3fG5h",
        "call": "call_a8Kq2LzP0vBnZt0aXw3kLmq8",
        "item": "rs_0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "image": f"data:image/png;base64,{blob}AKIA{blob}",
        "encrypted_content": urlsafe,
        "thoughtSignature": blob,
        "embedding": [0.0123456789, -0.987654321],
        "model": "task-1234567890-abcdefghijklmnop",
    }
    assert found(call(answer=json.dumps(answer).encode())) == []


def test_a_find_never_tells_the_secret() -> None:
    """Neither its text nor its repr holds more of a value than what every one of its kind begins with."""
    (find,) = redaction.find(call(sent=(("Authorization", f"Bearer {OPENAI}"),)))
    assert str(find) == "request.headers.authorization: OpenAI key sk-… (68 characters)"
    assert OPENAI[8:] not in repr(find) + str(find) + find.masked + find.placeholder


def test_redacting_replaces_a_value_wherever_it_stands() -> None:
    """The key of the header is gone from the URL, the bodies and the notes too, and nothing is found any more."""
    text = json.dumps({"echo": OPENAI, "answer": "yes"}).encode()
    before = replace(
        call(
            f"{CHAT}?k={OPENAI}",
            sent=(("Authorization", f"Bearer {OPENAI}"), ("Content-Length", str(len(text)))),
            got=(("X-Org", "a"), ("Content-Length", "17")),
            body=text,
            answer=b"data: " + text + b"\n\n",
        ),
        notes={"recording": {"body": {"key": OPENAI}}},
        unknown={"request": {OPENAI: 1}},
    )
    after = redaction.redacted(before)
    assert OPENAI not in repr(after)
    assert redaction.find(after) == ()
    stand_in = "llmvcr-redacted-openai-key"
    assert after.request.url == f"{CHAT}?k={stand_in}"
    assert after.request.headers[0] == ("Authorization", f"Bearer {stand_in}")
    assert after.request.body == text.replace(OPENAI.encode(), stand_in.encode())
    assert after.request.headers[1] == ("Content-Length", str(len(after.request.body)))
    assert after.response.headers == before.response.headers, "a length that was wrong is left as it was"
    assert after.notes == {"recording": {"body": {"key": stand_in}}}


def test_a_short_value_is_replaced_where_it_was_found_only() -> None:
    """A cookie of twelve characters may be a word elsewhere."""
    value = "a8Kq2LzP0vBn"
    after = redaction.redacted(call(sent=(("Cookie", f"sid={value}; a=b"), ("X-Other", value)), body=value.encode()))
    headers = (("Cookie", "sid=llmvcr-redacted-cookie-sid; a=b"), ("X-Other", value))
    assert (after.request.headers, after.request.body) == (headers, value.encode())


def test_redacting_what_holds_no_secret_changes_nothing() -> None:
    """The very same interaction comes back, boundaries and all."""
    plain = replace(call(), response=Response(200, "OK", (), (b"a", b"b")))
    assert redaction.redacted(plain) is plain


def test_a_secret_in_a_compressed_body_is_replaced() -> None:
    """It is packed again, so that its headers stay true; by the same bytes each time."""
    before = call(answer=gzip.compress(OPENAI.encode(), mtime=0), got=(("Content-Encoding", "gzip"),))
    after = redaction.redacted(before)
    assert gzip.decompress(after.response.body) == b"llmvcr-redacted-openai-key"
    assert after.response.headers == before.response.headers
    assert redaction.redacted(before) == after


def test_times_go_with_their_chunks() -> None:
    """A chunk that held only a part of a secret goes with its time; the others keep theirs."""
    chunks = (b"a ", f"b {OPENAI[:20]}".encode(), OPENAI[20:40].encode(), f"{OPENAI[40:]} c".encode())
    before = replace(call(), response=Response(200, chunks=chunks, times=(1.0, 2.0, 3.0, 4.0, 5.0)))
    after = redaction.redacted(before).response
    assert after.chunks == (b"a ", b"b llmvcr-redacted-openai-key", b" c")
    assert after.times == (1.0, 2.0, 3.0, 5.0)


def test_cookies_can_still_be_read() -> None:
    """Only values are replaced: names and attributes stay as they were."""
    line = (
        "__cf_bm=a8Kq2LzP0vBnZt0aXw3kLm8q.1-1; path=/; expires=Sun, 22-Nov-26 10:00:00 GMT; domain=.openai.com; Secure"
    )
    after = redaction.redacted(call(got=(("Set-Cookie", line),)))
    cookie: SimpleCookie = SimpleCookie(after.response.headers[0][1])
    assert (cookie["__cf_bm"].value, cookie["__cf_bm"]["domain"]) == ("llmvcr-redacted-cookie-cf-bm", ".openai.com")


def test_a_password_of_basic_credentials_is_replaced_elsewhere() -> None:
    """It is read out of the header, and is gone from the body as well."""
    password = made_up("", 20)
    text = base64.b64encode(f"anna:{password}".encode()).decode()
    after = redaction.redacted(call(sent=(("Authorization", f"Basic {text}"),), answer=f"hi {password}".encode()))
    assert after.request.headers == (("Authorization", "Basic llmvcr-redacted-credentials"),)
    assert after.response.body == b"hi llmvcr-redacted-password"


def test_what_is_told_names_no_value() -> None:
    """The report of what was replaced: place and kind."""
    done = redaction.redactor(environ={}).redact(call(sent=(("Authorization", f"Bearer {OPENAI}"),)))
    assert [str(each) for each in done.replaced] == ["request.headers.authorization: OpenAI key"]


def test_our_own_cassettes_hold_no_secret() -> None:
    """Seeds and samples are clean."""
    for path in storage.members(CASSETTES):
        assert [each for one in storage.load(path) for each in redaction.find(one)] == [], path


def test_real_recordings_give_no_alarm() -> None:
    """Public recordings of llama-stack hold embeddings, images and ids of every kind, and no secret."""
    files = storage.members(corpus("recordings"))
    for path in files[::10]:
        assert [each for one in storage.load(path) for each in redaction.find(one)] == [], path


def test_leaks_of_public_cassettes_are_found_and_replaced() -> None:
    """Real cookies, account ids and signatures are found, and after redacting nothing is."""
    files = storage.members(corpus("vcrpy"))
    kinds = set()
    for path in files[::20]:
        for interaction in storage.load(path):
            kinds |= {each.kind for each in redaction.find(interaction)}
            assert redaction.find(redaction.redacted(interaction)) == (), path
    assert {"cookie __cf_bm", "cookie _cfuvid", "account id"} <= kinds
