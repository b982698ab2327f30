"""Rows of secrets: written alike, none said twice, and what they must not fit is left alone."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from llmvcr.interaction import Interaction, Request, Response
from llmvcr.providers import PROVIDERS
from llmvcr.redaction import find, redactor
from llmvcr.secrets.names import FIELDS, HEADERS, QUERY, is_trace, spellings
from llmvcr.secrets.placeholders import NEUTRAL, is_placeholder, placeholder
from llmvcr.secrets.rules import fields_of
from llmvcr.secrets.shapes import KNOWN, SHAPES
from llmvcr.secrets.spellings import is_long
from made_up_keys import KEYS, WORD, drawn

LONG = bool(os.environ.get("LLMVCR_LONG"))


def test_rows_are_written_alike() -> None:
    """Names are in lower case, prefixes stand once, and no tail has a group of its own."""
    assert all(name == name.lower() for table in (FIELDS, HEADERS, QUERY) for name in table)
    assert len({shape.prefix for shape in SHAPES}) == len(SHAPES)
    assert KNOWN.pattern.groups == len(SHAPES)
    assert all(re.compile(shape.tail).groups == 0 for shape in SHAPES)


def test_headers_of_providers_are_read_from_their_rows() -> None:
    """What one provider alone has is said in its row and nowhere else."""
    for provider in PROVIDERS:
        assert set(provider.secret_headers) | set(provider.account_headers) <= set(HEADERS), provider.name


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_each_key_is_of_its_kind(kind: str, key: str) -> None:
    """A key is found once in a text, whatever stands behind it, with its kind."""
    for text in (key, f"key: {key}.", f"?x={key}&y", json.dumps(f"a\n{key}")):
        assert [(each.kind, each.value.startswith(key)) for each in find(text.encode())][:1] == [(kind, True)], text


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/news/pa-governor-signs-a-bill-into-law-that-helps-people-in-2024",
        '{"usage": {"max_tokens": "1234567890"}, "token": "Hello there 12", "key": "first-of-many-1"}',
        '{"properties": {"password": {"type": "string"}}, "required": ["password", "api_key"]}',
        f'{{"signature": "{drawn("thought", 300)}", "encrypted_content": "gAAAAAB{drawn("more", 200)}"}}',
        f'{{"id": "call_{drawn("id", 24)}", "tool": "toolu_{drawn("tool", 24)}", "task": "task-{drawn("t", 9)}"}}',
        "see https://example.com/?key=feature&token=end",
        f"data:image/png;base64,iVBORw0KGgo{drawn('image', 4000)}AKIA{drawn('x', 60)}",
        '<pre>"Cookie": "_gauges_unique_day=1; _gauges_unique_month=1; _gauges_unique=1"</pre>',  # httpbin.org's page
        "password = get_password()\nsecret_key = settings.SECRET_KEY_OF_2024\nself.api_key: str = api_key_of_today_2",
        'api_key = os.environ["OPENAI_API_KEY"]; client = Client(api_key=api_key, token=await fetch_token(user))',
        'return re.sub(r"\\"accessToken\\": \\"(.*?)(\\"|$)", "****", output)',
        '{"password": "The password for the user of the cluster that you are about to make."}',
        "var e=t.password||n.password,r={apiKey:i.apiKey,secret:void 0};o.authorization=a?`Bearer ${a}`:null",
        '<input type="password" name="password" autocomplete="off" placeholder="Your password">',
        "A password should be long; never write password=... into a file, nor an api key, a token or a secret.",
        f'"integrity": "sha512-{drawn("hash", 86)}==", "resolved": "https://example.com/a/-/a-1.0.0.tgz"',
        f"commit {drawn('commit', 40, '0123456789abcdef')}; sha256:{drawn('sum', 64, '0123456789abcdef')}",
        "request 123e4567-e89b-12d3-a456-426614174000 of session 9f8e7d6c-5b4a-3928-1706-f5e4d3c2b1a0",
        '{"project_id": "my-project", "organization_id": "acme", "cookie": "theme=dark; lang=de"}',
        f'{{"id": "msg_{drawn("m", 24)}", "request_id": "req_{drawn("r", 24)}", "file_id": "file-{drawn("f", 22)}"}}',
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    """Names that mean something else, schemas, ids, signatures of thoughts, images: no find, and the same object."""
    assert find(text.encode()) == ()
    call = Interaction(
        Request("POST", "https://example.com/", (), text.encode()), Response(200, chunks=(text.encode(),))
    )
    assert redactor(environ={}).redact(call).interaction is call


def test_texts_of_this_machine_are_left_alone() -> None:
    """Source code and pages of the standard library: nothing in them is taken for a secret."""
    home = Path(os.__file__).parent
    files = [path for end in ("py", "css", "txt", "rst") for path in sorted(home.rglob(f"*.{end}"))]
    own = [path for path in files if not {"site-packages", "test", "idlelib"}.intersection(path.parts)]
    looked = own if LONG else own[::25]
    assert len(looked) > 20
    assert [(path.name, str(each)) for path in looked for each in find(path.read_bytes())] == []


@pytest.mark.parametrize(
    "text",
    [
        "client = Client(api_key={0!r})",
        "export SOME_API_KEY={0}\nrun",
        "api_key: {0}\nother: 1",
        "curl -H 'api-key: {0}' http://127.0.0.1",
        'os.environ["SOME_API_KEY"] = "{0}"',
        'api_key: str = "{0}"',
        "https://{0}@sentry.example.com/1",
    ],
)
@pytest.mark.parametrize("letters", ["0123456789abcdef", WORD], ids=["hex", "letters"])
def test_what_is_put_under_a_name_in_text(text: str, letters: str) -> None:
    """A key without any shape is known in source code, settings and commands, in JSON too, where it looks drawn."""
    key = drawn("assigned", 32, letters)
    for said in (
        text.format(key),
        json.dumps({"content": text.format(key)}),
        json.dumps(json.dumps([text.format(key)])),
    ):
        assert [each.value for each in find(said.encode())] == [key], said


@pytest.mark.parametrize(
    ("name", "trace"),
    [("x-request-id", True), ("cf-ray", True), ("x-ms-client-request-id", False), ("x-goog-user-project", False)],
)
def test_headers_that_name_a_call(name: str, *, trace: bool) -> None:
    """By how they end; what a client drew itself is none."""
    assert is_trace(name) is trace


def test_placeholders_are_safe_in_every_place() -> None:
    """Letters, digits and hyphens, one for each kind; and no placeholder is a secret."""
    for kind in {*FIELDS.values(), *QUERY.values(), *HEADERS.values(), *(shape.kind for shape in SHAPES)}:
        text = placeholder(kind)
        assert re.fullmatch("[a-z0-9-]+", text)
        assert text.startswith(NEUTRAL.decode())
        assert is_placeholder(text)
        assert not find(f'{{"api_key": "{text}", "a": "Bearer {text}"}}'.encode())


@pytest.mark.parametrize(
    "value", ["made-up-key-for-the-tests", "internationalization", "https://a.b/c1D2e3F4", "a" * 40]
)
def test_words_are_not_replaced_everywhere(value: str) -> None:
    """What could be a word, a path or an address is replaced only where it was found."""
    assert not is_long(value)


def test_spellings_of_a_name() -> None:
    """A field's name is known with underscores, hyphens and neither, and by how it ends."""
    assert spellings("api_key") == {"api_key", "api-key", "apikey"}
    assert not any(name in (b"key", b"token") for _, rows in fields_of(FIELDS) for name, _ in rows)
    assert find(b'{"myOpenAiApiKey": "q8Zt0aXw3k"}')[0].kind == "API key"
