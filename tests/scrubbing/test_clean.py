"""Cleaned files hold no secret, load as they did, and each of their requests still finds its own answer."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from llmvcr import redaction, storage
from llmvcr.index import Index
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.scrubbing import clean, files, look
from made_up_keys import drawn, forms
from shared import corpus

REDACTOR = redaction.redactor(None, {})
_SAMPLE = 24

AKIA = "AKIA" + drawn("aws", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
SIGNATURE = drawn("signature", 64, "0123456789abcdef")
SAS = drawn("sas", 43)
TOKEN = "IQoJb3JpZ2lu" + drawn("sts", 200)
UPLOAD = drawn("upload", 60)
JWT = f"eyJ{drawn('a', 30)}.eyJ{drawn('b', 60)}.{drawn('c', 43)}"
KEY = "sk-proj-" + drawn("boto", 60)
_SCOPE = f"{AKIA}/20261122/us-east-1/bedrock/aws4_request"
SIGV4 = f"AWS4-HMAC-SHA256 Credential={_SCOPE}, SignedHeaders=host, Signature={SIGNATURE}"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse"
PLANTED = {
    "SigV4": (Request("POST", BEDROCK, (("Authorization", SIGV4),), b"{}"), (AKIA, SIGNATURE)),
    "an STS token": (Request("POST", BEDROCK, (("X-Amz-Security-Token", TOKEN),), b"{}"), (TOKEN,)),
    "a SAS signature": (Request("GET", f"https://x.blob.core.windows.net/a?sv=2026&sig={SAS}%3D"), (SAS,)),
    "an upload_id": (Request("PUT", f"https://generativelanguage.googleapis.com/f?upload_id={UPLOAD}"), (UPLOAD,)),
    "a JWT": (Request("POST", "http://x/a", (), json.dumps({"text": f"use {JWT}"}).encode()), (JWT,)),
    "a key inside base64": (
        Request(
            "POST", BEDROCK, (), json.dumps({"body": base64.b64encode(f"key {KEY} it is".encode()).decode()}).encode()
        ),
        (KEY,),
    ),
}


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.vcr.json"])
@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_goes_and_the_request_is_found(kind: str, name: str, tmp_path: Path) -> None:
    """In no form is it left in the file, and the request as a client sends it, with the secret, finds the answer."""
    request, secrets = PLANTED[kind]
    path = tmp_path / name
    other = Interaction(Request("POST", "http://x/other", (), b"{}"), Response(200, "", (), (b"other",)))
    mine = Interaction(request, Response(200, "OK", (), (b'{"mine": 1}',)))
    storage.dump([other, mine], path, format="vcr_json" if "vcr" in name else None)
    cleaned = clean(path, REDACTOR)
    assert cleaned.error == ""
    assert cleaned.replaced
    for form in forms(path.read_bytes()):
        assert not any(secret.encode() in form for secret in secrets)
    assert look(path, REDACTOR).finds == ()
    held = storage.load(path)
    assert Index(REDACTOR.matched(one.request) for one in held).take(REDACTOR.matched(request)) == 1
    assert held[1].response.body == mine.response.body


def test_real_cassettes_are_cleaned_and_still_replay(tmp_path: Path) -> None:
    """No find is left, all load, and each request as it was recorded finds the answer at its own place."""
    found = list(files([corpus("vcrpy")]))
    if not os.environ.get("LLMVCR_LONG"):
        found = [found[len(found) * number // _SAMPLE] for number in range(_SAMPLE)]
    wrong = []
    for number, source in enumerate(found):
        path = tmp_path / f"{number}-{source.name}"[-200:]
        path.write_bytes(source.read_bytes())
        before = storage.load(path)
        assert clean(path, REDACTOR).error == ""
        assert look(path, REDACTOR).finds == ()
        after = storage.load(path)
        index = Index(REDACTOR.matched(one.request) for one in after)
        taken = [index.take(REDACTOR.matched(one.request)) for one in before]
        if taken != list(range(len(before))):
            wrong.append(source.name)
        assert [one.response.status for one in after] == [one.response.status for one in before]
    assert wrong == []
