"""Files of other tools: known by their content, converted or refused by name, and never written."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import openai
import pytest

import llmvcr
from llmvcr import formats, storage
from llmvcr.errors import OptionError, ReadError, WriteError
from llmvcr.formats.base import Document
from shared import SHARED, corpus

DATA = Path(__file__).parent / "data"
FAMILIES = {
    "betamax.json": "ruby-vcr",
    "cassetter.toml": "cassetter",
    "cassetter.yaml": "cassetter",
    "exchange.json": "exchange",
    "go_vcr_1.yaml": "go-vcr",
    "go_vcr_2.yaml": "go-vcr",
    "ruby_vcr.yml": "ruby-vcr",
}
CHAT = sorted(set(FAMILIES) - {"betamax.json"})
HELLO = "Say hello."
ASKED = 'Grüezi "you" \\ back\nline'


def document(name: str) -> Document:
    """Read one of the files that stand beside the tests."""
    return formats.read((DATA / name).read_bytes(), path=name)


def files(folder: str) -> list[Path]:
    """The files of a part of the corpus, skipping where it is not there."""
    return sorted(path for path in corpus(folder).rglob("*") if path.is_file())


@pytest.mark.parametrize(("name", "format_"), sorted(FAMILIES.items()))
def test_content_names_the_format(name: str, format_: str) -> None:
    """Each family is known by what stands in the file, and by one reader alone."""
    data = (DATA / name).read_bytes()
    assert formats.sniff(data, path="f").name == format_
    assert [known.name for known in formats.READ_ONLY if known.claims(data)] == [format_]


@pytest.mark.parametrize("folder", ["vcrpy", "recordings"])
def test_nothing_of_ours_is_taken(folder: str) -> None:
    """No reader of a foreign format claims one of the corpus's cassettes and recordings."""
    taken = [(path.name, known.name) for path in files(folder) for known in formats.READ_ONLY if _claims(known, path)]
    assert not taken


def _claims(known: formats.Format, path: Path) -> bool:
    return known.claims(path.read_bytes())


@pytest.mark.parametrize("to", ["json", "recordings", "vcr_json", "yaml"])
@pytest.mark.parametrize("name", FAMILIES)
def test_what_we_wrote_is_ours(name: str, to: str) -> None:
    """What was read of a foreign file and written in one of our formats is sniffed as ours again."""
    written = formats.by_name(to).write(Document(document(name).interactions[:1]), path="f")
    assert formats.sniff(written, path="f").name == to


@pytest.mark.parametrize("known", formats.READ_ONLY, ids=lambda known: known.name)
def test_a_foreign_format_is_never_written(known: formats.Format) -> None:
    """No option names a foreign format, and writing one says what to do instead."""
    with pytest.raises(OptionError):
        formats.by_name(known.name)
    with pytest.raises(WriteError, match=r"f: is .*, which llmvcr reads and never writes\nHow to fix: convert it"):
        known.write(Document(()), path="f")


def test_a_foreign_file_is_left_as_it_was(tmp_path: Path) -> None:
    """Recording into a foreign file is refused, and not a byte of the file changes."""
    path = tmp_path / "c.yaml"
    path.write_bytes((DATA / "go_vcr_2.yaml").read_bytes())
    with pytest.raises(WriteError, match="is a cassette of go-vcr, which llmvcr reads and never writes"):
        storage.dump(storage.load(path), path)
    assert path.read_bytes() == (DATA / "go_vcr_2.yaml").read_bytes()


def check_round_trip(read: Document, name: str) -> None:
    """A document goes through YAML, typed JSON and vcrpy's JSON, and comes back equal, with the same YAML bytes."""
    yaml, typed, plain = (formats.by_name(each) for each in ("yaml", "json", "vcr_json"))
    first = yaml.write(read, path=name)
    there = yaml.read(first, path=name)
    back = typed.read(typed.write(there, path=name), path=name)
    for one in (there, back, plain.read(plain.write(read, path=name), path=name)):
        assert one.interactions == read.interactions, name
        assert one.extra == read.extra, name
    assert yaml.write(back, path=name) == first, name


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_survives_our_formats(name: str) -> None:
    """foreign → yaml → json → yaml keeps every byte, note, unknown key and top-level key."""
    check_round_trip(document(name), name)


@pytest.mark.parametrize("to", ["", "json", "yaml"])
@pytest.mark.parametrize("name", CHAT)
def test_the_sdk_replays_every_family(name: str, to: str, tmp_path: Path) -> None:
    """The openai SDK gets the recorded answer, from the foreign file as it is and from what it was converted to."""
    path = DATA / name
    if to:
        path = tmp_path / f"converted.{to}"
        path.write_bytes(formats.by_name(to).write(document(name), path=name))
    local = name.startswith("cassetter")
    base_url = "http://127.0.0.1:1/v1" if local else "https://api.openai.com/v1"
    client = openai.OpenAI(base_url=base_url, api_key="sk-made-up-key", max_retries=0)
    with llmvcr.use_cassette(str(path), record_mode="none"):
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": ASKED if local else HELLO}]
        )
        assert answer.choices[0].message.content == (f"You said: {ASKED}" if local else "Hello!")
        if local:
            stream = client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": ASKED}], stream=True
            )
            pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
            assert "".join(pieces) == f"You said: {ASKED}"


def test_every_foreign_file_of_the_corpus_is_read_or_refused() -> None:
    """Of the 94 foreign files 58 are converted; each of the others is refused in one sentence that names its kind."""
    if SHARED is None:
        pytest.skip("the corpus is not beside this checkout")
    found: Counter[str] = Counter()
    sentences = []
    for path in files("foreign"):
        known = formats.sniff(path.read_bytes(), path="f")
        try:
            read = known.read(path.read_bytes(), path="f")
        except ReadError as error:
            sentences.append(str(error))
        else:
            found[known.name] += 1
            assert len(read) > 0
    assert not [told for told in sentences if "\n" in told]
    found.update(told.removeprefix("f: is ").split(":")[0].split(" (")[0] for told in sentences)
    assert found == {
        "exchange": 25,
        "go-vcr": 15,
        "ruby-vcr": 18,
        "a WebSocket recording": 11,
        "a gRPC recording": 8,
        "a recording of tool calls by vcr-langchain": 5,
        "a recording of a local model's tokens": 4,
        "a recording of the Claude Agent SDK's messages": 4,
        "a single response without its request": 4,
    }


def test_every_foreign_file_of_the_corpus_survives_our_formats() -> None:
    """Whatever is read of the corpus's foreign files goes through our formats and back without a difference."""
    for path in files("foreign"):
        known = formats.sniff(path.read_bytes(), path="f")
        if known.name != "foreign":
            check_round_trip(known.read(path.read_bytes(), path="f"), path.name)


WEB_SOCKET = b"version: 1\ninteractions:\n- kind: message\n  direction: sent\n  data: {}\n"
GRPC = b"interactions:\n- request_sample:\n    raw: ''\n  response_sample: {}\n"
TOOL = b"interactions:\n- request:\n    body: '{}'\n    uri: tool://Bash/run\n  response: done\n"
TOKENS = b"interactions:\n  " + b"0a" * 32 + b":\n  - text: a\n    token: 1\n"
AGENT = b"messages:\n- response: {}\n  type: control_response\n"
HALF = b'{"status": 200, "headers": {}, "body": "{}"}'
HAR = b'{"log": {"version": "1.2", "entries": [{"request": {}, "response": {}}]}}'
NOCK = b'[{"scope": "https://example.com:443", "method": "GET", "path": "/", "status": 200, "response": {}}]'
OLD = b"---\n- !ruby/struct:VCR::HTTPInteraction\n  request: {}\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (WEB_SOCKET, "is a WebSocket recording (messages with kind and direction): it holds no HTTP requests"),
        (GRPC, "is a gRPC recording (request_sample and response_sample): it holds protobuf messages"),
        (TOOL, "is a recording of tool calls by vcr-langchain (tool://Bash/run): they never went over HTTP"),
        (TOKENS, "is a recording of a local model's tokens (Mirascope's for mlx-lm): it holds no HTTP"),
        (AGENT, "is a recording of the Claude Agent SDK's messages: what a program was told, not HTTP"),
        (HALF, "is a single response without its request: nothing says which call it answers"),
        (HAR, "is an HTTP archive (HAR), which llmvcr does not read"),
        (NOCK, "is a recording of nock (a list of scopes and paths), which llmvcr does not read"),
        (OLD, "is a cassette of Ruby's VCR before 2.0, which is a list of Ruby objects"),
    ],
)
def test_what_holds_no_http_is_refused_by_name(data: bytes, reason: str) -> None:
    """A recording without HTTP, or with half of it, is refused in one sentence: what it is, and why."""
    with pytest.raises(ReadError) as caught:
        formats.read(data, path="f")
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        "see:\n- kind: message\n- direction: sent\n  uri: tool://x\nmessages:\n- type: x\n",
        "version: 2\ninteractions:\n- request:\n    url: http://x\n  response:\n    code: 200\n",
        "http_interactions: []\n[[interactions]]\nws_interactions: []\n",
        "interactions:\n- request:\n    uri: x\n    body:\n      type: json\n",
    ],
)
@pytest.mark.parametrize("to", ["json", "vcr_json", "yaml"])
def test_text_inside_a_body_claims_nothing(text: str, to: str) -> None:
    """A body that quotes a foreign cassette does not make a cassette of ours a foreign one."""
    read = document("exchange.json")
    asked = read.interactions[0].request
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    for sent in (body, text.encode()):
        interaction = llmvcr.Interaction(
            llmvcr.Request(asked.method, asked.url, asked.headers, sent),
            llmvcr.Response(200, "OK", (), (text.encode(),)),
        )
        assert formats.sniff(formats.by_name(to).write(Document((interaction,)), path="f"), path="f").name == to
