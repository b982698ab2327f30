"""Secrets under a cassette: none reaches the disk, none causes a miss, and what is left in stops at the gate."""

from __future__ import annotations

import json
import logging
import os
import pickle
import urllib.request
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.sync.client import connect

import llmvcr
from bridge.counting import CHAT, Counting, chat_body
from llmvcr.storage import load
from made_up_keys import drawn, forms
from realtime_server import serving

KEY, OTHER = f"sk-proj-{drawn('a', 48)}", f"sk-proj-{drawn('b', 48)}"
SHAPELESS = drawn("c", 32)


def _ask(server: Counting, key: str | None, words: str = "hello", **options: Any) -> str:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    with httpx2.Client(verify=False, trust_env=False) as client:
        answer = client.post(server.url + CHAT, json=chat_body(words), headers=headers, **options)
    said: str = answer.json()["choices"][0]["message"]["content"]
    return said


@pytest.mark.parametrize("kind", ["yaml", "json", "vcr_json"])
def test_nowhere_on_disk(kind: str, server: Counting, tmp_path: Path) -> None:
    """A key in the header, the URL, the prompt and its answer stands in no file, the journal among them."""
    path = tmp_path / f"c.{kind}"
    with llmvcr.use_cassette(path, serializer=kind) as cassette:
        answer = _ask(server, KEY, f"my key is {KEY}", params={"key": KEY})
        journals = [file.read_bytes() for file in (tmp_path / ".llmvcr").glob("*.journal")]
    assert answer == f"1: my key is {KEY}"  # the application gets what the server said
    assert [KEY.encode() in text for text in (*journals, path.read_bytes())] == [False, False]
    assert cassette.data[0][0].headers["authorization"] == "Bearer llmvcr-redacted-openai-key"


@pytest.mark.parametrize("key", [KEY, OTHER, "test", None])
def test_no_miss(key: str | None, server: Counting, tmp_path: Path) -> None:
    """The same key, another one, a word in its place and none at all find the recording."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, KEY, params={"key": KEY})
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert _ask(server, key, params={} if key is None else {"key": key}) == "1: hello"


@pytest.mark.parametrize("match_on", [["method", "uri"], ["method", "uri", "body"]])
def test_no_miss_by_other_matchers(match_on: list[str], server: Counting, tmp_path: Path) -> None:
    """Where vcrpy's own matchers decide, a redacted parameter or text causes no miss either."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", match_on=match_on):
        _ask(server, KEY, f"my key is {KEY}", params={"key": KEY})
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", match_on=match_on):
        assert _ask(server, OTHER, f"my key is {OTHER}", params={"key": OTHER}).startswith(
            "1: my key is llmvcr-redacted"
        )


def test_another_prompt_still_misses(server: Counting, tmp_path: Path) -> None:
    """What stands beside a secret is compared as ever."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, KEY, f"my key is {KEY}")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"), pytest.raises(llmvcr.Miss) as missed:
        _ask(server, KEY, f"your key is {KEY}")
    assert KEY not in str(missed.value)


@pytest.mark.parametrize("match_on", [None, ["method", "uri", "body"]])
@pytest.mark.parametrize("recorded", ["hello", None])
def test_what_tells_of_a_miss(
    match_on: list[str] | None, recorded: str | None, server: Counting, tmp_path: Path
) -> None:
    """No text, attribute or copy of a miss holds a key, by its shape, its header or its name."""
    options: dict[str, Any] = {} if match_on is None else {"match_on": match_on}
    secrets = (KEY, SHAPELESS, "hunter2!")
    if recorded:
        with llmvcr.use_cassette(tmp_path / "c.yaml", **options):
            _ask(server, None, recorded)
    words = f'{KEY} and {SHAPELESS}, {{"password": "hunter2!"}}'
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", **options), pytest.raises(llmvcr.Miss) as missed:
        _ask(server, SHAPELESS, words, params={"key": KEY})
    miss = missed.value
    told = [miss.request, miss.changes, miss.failed_request.body, miss.failed_request.headers]
    told += [miss.failed_request.uri, [similar[1:] for similar in miss.similar_requests]]
    said = f"{miss} {miss!r} {told!r} {pickle.dumps(miss)!r}"
    assert [secret in said for secret in secrets] == [False, False, False]
    assert "llmvcr-redacted" in said


def test_what_tells_of_calls(server: Counting, tmp_path: Path) -> None:
    """A call is told without its secrets, recorded and played alike: a failing assertion prints it."""
    told = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode) as cassette:
            _ask(server, SHAPELESS, f"{KEY} and {SHAPELESS}", params={"key": KEY})
            told.append(cassette.calls[0])
    assert [one.messages[0].text for one in told] == ["llmvcr-redacted-openai-key and llmvcr-redacted-credentials"] * 2
    assert told[0].text == told[1].text
    assert [KEY in repr(told), SHAPELESS in repr(told)] == [False, False]


def test_frames(tmp_path: Path) -> None:
    """Keys in the messages of a WebSocket reach no file and no miss; another key plays, another message does not."""
    said = {"type": "session.update", "note": "is {key}", "tool": {"args": {"password": "hunter2!"}}}
    secrets = (KEY, SHAPELESS, "hunter2!")

    def talk(url: str, text: str) -> Any:
        with connect(url, additional_headers={"api-key": SHAPELESS}) as connection:
            for one in (text, text.encode(), f"and {SHAPELESS}"):
                connection.send(one)
                heard = connection.recv()
            return heard

    text = json.dumps(said)
    with serving() as realtime:
        with llmvcr.use_cassette(tmp_path / "c.yaml"):
            assert talk(f"{realtime.url}/echo?key={KEY}", text.replace("{key}", KEY)) == f"and {SHAPELESS}"
            held = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        held += (tmp_path / "c.yaml").read_bytes()
        for form in forms(held):
            assert not any(secret.encode() in form for secret in secrets)
        for key in (KEY, OTHER):
            with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
                assert talk(f"{realtime.url}/echo?key={key}", text.replace("{key}", key)).startswith("and llmvcr-")
        for changed in (text.replace("hunter2", "hunter3"), text.replace("note", "notes")):
            with (
                llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"),
                pytest.raises(llmvcr.Miss) as missed,
            ):
                talk(f"{realtime.url}/echo?key={KEY}", changed.replace("{key}", KEY))
            told = f"{missed.value} {missed.value.request!r} {missed.value.changes!r}"
            assert not any(secret in told for secret in (*secrets, "hunter3!"))


def test_by_its_value(server: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without a shape is known from the header that it was sent in, and from the environment."""
    with llmvcr.use_cassette(tmp_path / "a.yaml"):
        _ask(server, SHAPELESS, f"do not tell {SHAPELESS}")
    assert SHAPELESS not in (tmp_path / "a.yaml").read_text()
    monkeypatch.setenv("MADE_UP_API_KEY", SHAPELESS)
    with llmvcr.use_cassette(tmp_path / "b.yaml"):
        _ask(server, None, f"do not tell {SHAPELESS}")
    assert "do not tell llmvcr-redacted-made-up-api-key" in (tmp_path / "b.yaml").read_text()
    # As some tests do, in place of Python's own mapping.
    monkeypatch.setattr(os, "environ", {**os.environ, "NUMBER": 5})
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, None, f"do not tell {SHAPELESS}")
    assert "do not tell llmvcr-redacted-made-up-api-key" in (tmp_path / "c.yaml").read_text()


def test_what_vcrpys_stubs_record(server: Counting, tmp_path: Path) -> None:
    """A call that vcrpy's own stub hears is redacted, too."""
    headers = {"authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(f"{server.url}/plain", headers=headers)  # noqa: S310 - the server is ours
    with llmvcr.use_cassette(tmp_path / "c.yaml"), urllib.request.urlopen(request) as answer:  # noqa: S310 - the server is ours
        answer.read()
    assert KEY not in (tmp_path / "c.yaml").read_text()


def test_names_of_the_users_own(server: Counting, tmp_path: Path) -> None:
    """`llmvcr_redact` adds names, shapes and values to what is known, and takes one out."""
    options: list[Any] = ["x-tenant", {"shape": "tenant-[0-9]+"}, {"keep": "authorization"}]
    with llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_redact=options):
        _ask(server, "some-internal-word-of-ours-8h3k", "I am tenant-4711")
    (interaction,) = load(tmp_path / "c.yaml").interactions
    assert b"tenant-4711" not in (interaction.request.body or b"") + interaction.response.body
    assert ("authorization", "Bearer some-internal-word-of-ours-8h3k") in interaction.request.headers


@pytest.mark.parametrize("option", ["not a name!", 5, [{"shape": "["}], [{"nmae": "x"}]])
def test_wrong_options(option: Any, tmp_path: Path) -> None:
    """What `llmvcr_redact` cannot be is refused before anything is opened."""
    with pytest.raises(llmvcr.OptionError, match="llmvcr_redact"):
        llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_redact=option)


def test_the_gate(server: Counting, tmp_path: Path) -> None:
    """A secret that is left in fails the recording: the file is not written, and what was recorded is kept masked."""
    path = tmp_path / "c.yaml"
    with pytest.raises(llmvcr.LeakError) as leak, llmvcr.use_cassette(path, llmvcr_redact="off"):
        _ask(server, KEY)
    assert leak.value.found == ("interaction 0, request.headers.authorization: OpenAI key sk-… (56 characters)",)
    assert not path.exists()
    assert KEY not in str(leak.value)
    kept = Path(leak.value.kept)
    assert KEY not in kept.read_text()
    (interaction,) = load(kept).interactions
    assert interaction.response.status == 200
    assert [one.name for one in (tmp_path / ".llmvcr").iterdir() if one.suffix == ".journal"] == []


def test_the_gate_looks_at_what_is_new(server: Counting, tmp_path: Path) -> None:
    """What stood in the file before is the business of `llmvcr lint`: a test that adds to it does not fail."""
    path = tmp_path / "c.yaml"
    with llmvcr.use_cassette(path, llmvcr_redact="off", llmvcr_leaks="off"):
        _ask(server, KEY)
    with llmvcr.use_cassette(path, record_mode="new_episodes"):
        _ask(server, KEY, "another")
    assert path.read_text().count(KEY) == 1


def test_the_gate_can_warn(server: Counting, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With `warn` the log names the place, masked, and the file is written."""
    with (
        caplog.at_level(logging.WARNING, "llmvcr"),
        llmvcr.use_cassette(tmp_path / "c.yaml", llmvcr_redact="off", llmvcr_leaks="warn"),
    ):
        _ask(server, KEY)
    (record,) = caplog.records
    assert "request.headers.authorization: OpenAI key" in record.getMessage()
    assert KEY not in record.getMessage()
    assert KEY in (tmp_path / "c.yaml").read_text()
