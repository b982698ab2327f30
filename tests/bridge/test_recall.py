"""Keys of every shape, in every encoding, sent and answered through real clients: on disk there is none of them."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import requests
from openai import OpenAI

import llmvcr
from bridge.counting import CHAT, Counting, chat_body
from llmvcr.storage import load
from made_up_keys import KEYS, drawn, forms, left

SHAPELESS = drawn("of no shape", 40)
LONG = bool(os.environ.get("LLMVCR_LONG"))


def _packed(before: str, *, urlsafe: bool = False) -> Callable[[str], str]:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return lambda key: encode(f"{before} {key} after it".encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: f"it is {key}.",
    "in a URL": lambda key: f"https://example.com/?q={key}&b=1",
    "in a command": lambda key: f"curl -H 'Authorization: Bearer {key}'",
    "in source code": lambda key: f'client = Client(api_key="{key}")',
    "percent": lambda key: quote(key, safe="").replace("-", "%2D").replace("_", "%5f"),
    "percent twice": lambda key: quote(quote(key, safe="").replace("-", "%2D"), safe=""),
    "escapes": lambda key: "".join(sign if sign.isalnum() else f"\\u{ord(sign):04x}" for sign in key),
    "JSON in JSON in JSON": lambda key: json.dumps(json.dumps(json.dumps({"k": f"{key}/x"}))),
    **{f"base64, alignment {n}": _packed("x" * n) for n in range(3)},
    "base64url": _packed("x", urlsafe=True),
    "base64 in base64": lambda key: _packed("a")(_packed("b")(key)),
    "gzip in base64": lambda key: base64.b64encode(gzip.compress(key.encode(), mtime=0)).decode(),
    "a data: URL": lambda key: f"data:text/plain;base64,{_packed('KEY=')(key)}",
}


def _talk(url: str, text: str, authorization: str) -> list[Any]:
    """Say a text in every place of a request that a client has, by three clients, and give what is answered."""
    call = {"name": "f", "arguments": json.dumps({"q": text, "deep": json.dumps({"x": text})})}
    turns: list[Any] = [
        {"role": "user", "content": text},
        {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"result": text})},
        {"role": "user", "content": f"once more: {text}"},
    ]
    more: Any = {
        "extra_query": {"odd": text},
        "extra_headers": {"X-Odd": text},
        "extra_body": {"metadata": {"a": text}},
    }
    with httpx2.Client(verify=False, trust_env=False) as http:
        client = OpenAI(api_key=authorization, base_url=f"{url}/v1", http_client=http, max_retries=0)
        heard: list[Any] = [client.chat.completions.create(model="m", messages=turns, **more).id]
        heard += [one.id for one in client.chat.completions.create(model="m", messages=turns, stream=True, **more)]
        body = gzip.compress(json.dumps(chat_body(text)).encode(), mtime=0)
        heard.append(http.post(f"{url}/gzip", content=body, headers={"content-encoding": "gzip"}).status_code)
        files = {"file": ("a.txt", b"a\n" + text.encode() + b"\nb"), "binary": ("b", bytes(range(256)) + text.encode())}
        heard.append(http.post(f"{url}/parts", data={"note": text, "password": text}, files=files).status_code)
        heard.append(http.get(f"{url}/path/{quote(text, safe='')}/to").status_code)
    form = {"note": text, "client_secret": text}
    user = url.replace("://", f"://user:{quote(text, safe='')}@")
    heard.append(requests.post(f"{user}/form", data=form, cookies={"session": quote(text)}, timeout=10).status_code)
    return heard


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nothing_on_disk(encoding: str, server: Counting, tmp_path: Path) -> None:
    """Neither journal nor cassette has a key in any form, and the same calls are played."""
    at = list(ENCODINGS).index(encoding)
    keys, kind = [key for _, key in (KEYS if LONG else KEYS[at::30])], ("yaml", "json")[at % 2]
    encode = ENCODINGS[encoding]
    texts = [encode(key) for key in keys] if LONG else [" ; ".join(map(encode, keys))]
    path = tmp_path / f"c.{kind}"
    with llmvcr.use_cassette(path, serializer=kind):
        live = [_talk(server.url, text, SHAPELESS) for text in texts]
        held = [file.read_bytes() for file in (tmp_path / ".llmvcr").glob("*.journal")]
    for form in (form for data in (*held, path.read_bytes()) for form in forms(data)):
        assert not [key for key in (*keys, SHAPELESS) if key.encode() in form]
    for one in load(path):
        assert not [key for key in (*keys, SHAPELESS) if left(one, key)]
    with llmvcr.use_cassette(path, serializer=kind, record_mode="none") as cassette:
        assert [_talk(server.url, text, SHAPELESS) for text in texts] == live
    assert cassette.all_played


@pytest.mark.parametrize("said", ["Incorrect API key provided: {0}{2}{1}. See", "key ****{1} is no good", "{0}...{1}"])
def test_a_key_quoted_in_part(said: str, server: Counting, tmp_path: Path) -> None:
    """Servers that refuse a key show how it begins and ends."""
    text = said.format(SHAPELESS[:8], SHAPELESS[-4:], "*" * 20)
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        headers = {"authorization": f"Bearer {SHAPELESS}"}
        httpx2.post(server.url + CHAT, json=chat_body(text), headers=headers, verify=False, trust_env=False)
    held = (tmp_path / "c.yaml").read_text()
    assert [part in held for part in (SHAPELESS[:8], SHAPELESS[-4:])] == [False, False]
    assert held.count("llmvcr-redacted-credentials") == 3
