"""vcrpy's YAML: any interaction survives, plain vcrpy reads the same bytes, every vintage is read."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from interactions import DOCUMENTS
from llmvcr import formats
from llmvcr.errors import ReadError, WriteError
from llmvcr.formats.base import Document
from llmvcr.formats.vcr_yaml import VCR_YAML
from llmvcr.interaction import Headers, Interaction, Request, Response
from shared import corpus

URL = "https://api.example.com/v1/chat/completions"


def _simple(body: bytes = b"{}", **request: Any) -> Interaction:
    return Interaction(Request("POST", URL, **request), Response(200, "OK", (), (body,) if body else ()))


def _write(*interactions: Interaction, strict: bool = False) -> str:
    return VCR_YAML.write(Document(interactions), path="f.yaml", strict=strict).decode("utf-8")


def _read(text: str | bytes) -> Document:
    return VCR_YAML.read(text.encode() if isinstance(text, str) else text, path="f.yaml")


def _vcrpy(text: str) -> tuple[list[Any], list[Any]]:
    requests, responses, *_ = deserialize(text, yamlserializer)
    return requests, responses


def _first_values(headers: Headers) -> dict[str, str]:
    # vcrpy keeps the first value of a request header, and looks names up in any case.
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value)
    return found


def _lists(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _agreed(text: str, document: Document, *, first_value: bool = True) -> int:
    """Compare what plain vcrpy reads of a text with ours, and return how many interactions were the same."""
    requests, responses = _vcrpy(text)
    assert len(requests) == len(responses) == len(document.interactions)
    for asked, answered, ours in zip(requests, responses, document.interactions, strict=True):
        assert (asked.method, asked.uri) == (ours.request.method, ours.request.url)
        if not isinstance(asked.body, dict):
            assert asked.body == ours.request.body
        if first_value:
            theirs = {name.lower(): v if isinstance(v, str) else v.decode() for name, v in asked.headers.items()}
            assert theirs == _first_values(ours.request.headers)
        if "parsed_body" in answered:
            continue
        if "status_code" in answered:
            body, code, reason = answered["content"].encode(), answered["status_code"], None
        else:
            body, code, reason = answered["body"]["string"], answered["status"]["code"], answered["status"]["message"]
        assert (body or b"", code, reason or "") == (ours.response.body, ours.response.status, ours.response.reason)
        theirs = {name: v if isinstance(v, list) else [v] for name, v in answered["headers"].items()}
        assert theirs == _lists(ours.response.headers)
    return len(requests)


# --- writing ---------------------------------------------------------------------------------------------------------


@given(DOCUMENTS)
def test_any_document_survives(document: Document) -> None:
    """What is written reads back the same, whatever the bytes, headers and chunks."""
    data = VCR_YAML.write(document, path="f.yaml")
    assert VCR_YAML.read(data, path="f.yaml") == document
    assert VCR_YAML.skim(data, path="f.yaml") in (None, document)


@given(DOCUMENTS)
def test_plain_vcrpy_reads_the_same_bytes(document: Document) -> None:
    """Without llmvcr the file says the same, with the extra key and without it."""
    document = Document(document.interactions)
    for strict in (False, True):
        text = VCR_YAML.write(document, path="f.yaml", strict=strict).decode("utf-8")
        # vcrpy folds header names case by case with its own rules; ASCII and others are compared on the corpus.
        assert _agreed(text, document, first_value=False) == len(document.interactions)


def test_the_layout_is_vcrpys_own() -> None:
    """Keys stand in the order in which vcrpy sorts them, so that its own rewriting changes nothing."""
    interaction = Interaction(
        Request("POST", URL, (("accept", "*/*"), ("cookie", "a"), ("cookie", "b")), b'{"n": 1}'),
        Response(200, "OK", (("content-type", "text/event-stream"),), (b'data: {"a": 1}\n', b"\ndata: [DONE]\n\n")),
    )
    text = _write(interaction)
    assert (
        text
        == """\
interactions:
- request:
    body: '{"n": 1}'
    headers:
      accept:
      - '*/*'
      cookie:
      - a
      - b
    method: POST
    uri: https://api.example.com/v1/chat/completions
  response:
    body:
      string: |+
        data: {"a": 1}

        data: [DONE]

    headers:
      content-type:
      - text/event-stream
    llmvcr:
      version: 1
      chunks: [15, 15]
    status:
      code: 200
      message: OK
version: 1
"""
    )
    assert _read(text) == Document((interaction,))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'{"a": "' + b"long " * 60 + b'"}', """      string: '{"a": \"""" + "long " * 60 + "\"}'"),
        (b"1:30", "      string: '1:30'"),
        (b"", "      string: ''"),
        (b"a\r\nb", '      string: "a\\r\\nb"'),
        (b"tail \nmore", '      string: "tail \\nmore"'),
        ("grüße\n".encode(), "      string: |\n        grüße"),
        (b"\xff\xfe", "      string: !!binary |\n        //4="),
    ],
)
def test_a_body_is_as_readable_as_exact_bytes_allow(body: bytes, line: str) -> None:
    """One line stays one line, several are a block, what a block would change is quoted, what is no text is binary."""
    text = _write(_simple(body))
    assert line + "\n" in text
    assert _read(text).interactions[0].response.body == body
    _agreed(text, Document((_simple(body),)))


def test_equal_values_are_written_twice() -> None:
    """No alias is ever written: a reviewer sees what is there."""
    shared = (("accept", "*/*"),)
    text = _write(*[Interaction(Request("GET", URL, shared), Response(200, "OK", shared))] * 2)
    assert "&" not in text
    assert " *id" not in text


def test_strict_writes_vcrpys_keys_alone() -> None:
    """With strict nothing of ours and nothing unknown stands in the file."""
    interaction = Interaction(
        Request("POST", URL),
        Response(200, "OK", (), (b"a", b"b")),
        "2026-11-22T09:00:00Z",
        {"n": 1},
        {"response": {"x": 1}},
    )
    data = yaml.safe_load(_write(interaction, strict=True))
    assert set(data) == {"version", "interactions"}
    assert set(data["interactions"][0]["response"]) == {"body", "headers", "status"}


def test_no_body_and_an_empty_body_are_told_apart() -> None:
    """A request without a body is null, one with an empty body is an empty string."""
    document = Document((_simple(body=b""), Interaction(Request("POST", URL, (), b""), Response(200))))
    assert _read(_write(*document.interactions)) == document


def test_a_lone_surrogate_is_refused_by_interaction() -> None:
    """YAML is UTF-8: text that has no UTF-8 is refused, not altered."""
    with pytest.raises(WriteError, match=r"f\.yaml, interaction 1: has text with a lone surrogate"):
        _write(_simple(), Interaction(Request("GET", URL, (("x", "\ud800"),)), Response(200)))


def test_unknown_keys_come_back_where_they_stood() -> None:
    """Keys of other tools keep their place, but for those of a request, which vcrpy would choke on."""
    text = """\
interactions:
- recorded_at: 2026-11-22 09:00:00
  request: {body: null, headers: {}, method: GET, uri: 'https://api.example.com/', trace: abc}
  response:
    body: {string: '', encoding: utf-8}
    headers: {}
    status: {code: 200, message: OK}
    url: https://api.example.com/
metadata: {suite: nightly}
version: 1
"""
    document = _read(text)
    assert document.extra == {"metadata": {"suite": "nightly"}}
    assert document.interactions[0].unknown == {
        "interaction": {"recorded_at": "2026-11-22 09:00:00"},
        "request": {"trace": "abc"},
        "response": {"url": "https://api.example.com/", "body": {"encoding": "utf-8"}},
    }
    data = yaml.safe_load(VCR_YAML.write(document, path="f.yaml"))
    assert data["metadata"] == {"suite": "nightly"}
    assert data["interactions"][0]["recorded_at"] == "2026-11-22 09:00:00"
    assert data["interactions"][0]["response"]["url"] == "https://api.example.com/"
    assert data["interactions"][0]["response"]["llmvcr"]["unknown"] == {
        "request": {"trace": "abc"},
        "response": {"body": {"encoding": "utf-8"}},
    }
    assert VCR_YAML.read(VCR_YAML.write(document, path="f.yaml"), path="f.yaml") == document


# --- vintages --------------------------------------------------------------------------------------------------------

RESPONSE = "response: {body: {string: ok}, headers: {}, status: {code: 200, message: OK}}"


def _request(**parts: str) -> Request:
    keys = {"body": "null", "headers": "{}", "method": "POST", "uri": URL} | parts
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items() if value)
    return _read(f"interactions:\n- request:\n{lines}  {RESPONSE}\nversion: 1\n").interactions[0].request


def _response(block: str) -> Response:
    request = f"request: {{body: null, headers: {{}}, method: GET, uri: '{URL}'}}"
    return _read(f"interactions:\n- {request}\n  response: {block}\nversion: 1\n").interactions[0].response


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("null", None),
        ("''", b""),
        ("plain text", b"plain text"),
        ("1:30", b"1:30"),
        ("yes", b"yes"),
        ("2026-11-22", b"2026-11-22"),
        ("123", b"123"),
        ("!!binary eyJhIjogMX0=", b'{"a": 1}'),
        ("!!python/unicode 'text'", b"text"),
        ("!!python/str 'text'", b"text"),
        ("{model: m, n: [1, 2.5, true, null]}", b'{"model": "m", "n": [1, 2.5, true, null]}'),
        ("!!python/tuple [a, b]", b"ab"),
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary aGk=, 0, null]}", b"hi"),
        ("!!python/object/new:_io.BytesIO {}", b""),
        ("!!python/object/apply:builtins.iter {args: [[!!binary aGk=, there]]}", b"hithere"),
    ],
)
def test_request_bodies_of_every_vintage(body: str, expected: bytes | None) -> None:
    """Text stays text whatever YAML 1.1 would make of it; files, iterators and mappings become their bytes."""
    assert _request(body=body).body == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("{}", ()),
        ("null", ()),
        ("{A: [x, y], B: z}", (("A", "x"), ("A", "y"), ("B", "z"))),
        ("{A: !!binary eA==}", (("A", "x"),)),
        ("{? !!python/object/apply:multidict._multidict.istr [Accept] : ['*/*']}", (("Accept", "*/*"),)),
        ("{? !!python/object/new:multidict._multidict.istr [Accept] : ['*/*']}", (("Accept", "*/*"),)),
        ("{? !!python/object/apply:multidict.istr {args: [Accept]} : x}", (("Accept", "x"),)),
        ("[[A, x], [B, y]]", (("A", "x"), ("B", "y"))),
        ("{Content-Length: 12, No: yes}", (("Content-Length", "12"), ("No", "yes"))),
    ],
)
def test_headers_of_every_vintage(headers: str, expected: Headers) -> None:
    """Lists, plain strings, bytes and multidict's names all become header lines."""
    assert _request(headers=headers).headers == expected


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("{body: {string: null}, headers: {}, status: {code: 204, message: null}}", Response(204, "", (), ())),
        ("{body: null, headers: {}, status: {code: 200, message: OK}}", Response(200, "OK", (), ())),
        ("{body: {base64_string: aGk=}, status: {code: 200, message: OK}}", Response(200, "OK", (), (b"hi",))),
        ("{parsed_body: {a: [1]}, status: {code: 200, message: OK}}", Response(200, "OK", (), (b'{"a": [1]}',))),
        (
            "{content: '{}', headers: {a: [b]}, http_version: HTTP/1.1, status_code: 200}",
            Response(200, "", (("a", "b"),), (b"{}",)),
        ),
    ],
)
def test_responses_of_every_vintage(block: str, expected: Response) -> None:
    """vcrpy's own shape, pydantic-ai's `parsed_body`, old httpx and base64 are all read."""
    assert _response(block) == expected


def test_methods_keep_their_case() -> None:
    """A method is kept as it was recorded."""
    assert _request(method="post").method == "post"


def test_requests_and_responses_side_by_side_and_gzipped() -> None:
    """langchain's shape is read, packed or not, and the packing is seen by content."""
    text = f"""\
requests:
- {{body: !!binary aGk=, headers: {{a: [b]}}, method: POST, uri: '{URL}'}}
responses:
- {{body: {{string: !!binary b2s=}}, headers: {{c: d}}, status: {{code: 200, message: OK}}}}
"""
    expected = Interaction(Request("POST", URL, (("a", "b"),), b"hi"), Response(200, "OK", (("c", "d"),), (b"ok",)))
    packed = gzip.compress(text.encode(), mtime=0)
    assert VCR_YAML.claims(packed)
    assert _read(text).interactions == _read(packed).interactions == (expected,)


def test_aliases_that_vcrpy_writes_are_read() -> None:
    """vcrpy writes &id001 where two responses share a dict, and people merge headers by hand."""
    text = f"""\
interactions:
- request: {{body: null, headers: &h {{a: [b]}}, method: GET, uri: '{URL}'}}
  response: &id001 {{body: {{string: ok}}, headers: {{<<: *h, c: [d]}}, status: {{code: 200, message: OK}}}}
- request: {{body: null, headers: *h, method: GET, uri: '{URL}'}}
  response: *id001
version: 1
"""
    first, second = _read(text).interactions
    assert first == second
    assert first.response.headers == (("c", "d"), ("a", "b"))
    _agreed(text, Document((first, second)))


# --- bad files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml: is empty"),
        (" \n", "f.yaml: is empty"),
        ("interactions: [", "f.yaml, line 2, column 1: is not well-formed YAML: did not find expected node content"),
        ("interactions: []\ninteractions: []\n", "f.yaml, line 2, column 1: has the key 'interactions' twice"),
        ("interactions: 5\n", "f.yaml, interactions: is no list"),
        ("interactions: []\nversion: 2\n", "f.yaml, version: is 2, and llmvcr knows 1"),
        ("interactions:\n- 5\n", "f.yaml, interaction 0: is no mapping of request and response"),
        ("a: 1\n--- b\n", "f.yaml, line 2, column 1: holds more than one YAML document"),
        ("just text\n", "f.yaml: is no mapping of version and interactions"),
        ("[]\n", "f.yaml: is a cassette of vcrpy before 1.0, which llmvcr does not read"),
        ("http_interactions: []\n", "f.yaml: is a cassette of Ruby's vcr, which llmvcr does not read"),
        ("a: *b\n", "f.yaml, line 1, column 4: names *b, which is not whole at that point"),
        ("a: &a [*a]\n", "f.yaml, line 1, column 8: names *a, which is not whole at that point"),
        ("a: !!binary '*'\n", "f.yaml, line 1, column 4: has a !!binary value that is not base64"),
        ("? [a]\n: b\n", "f.yaml, line 1, column 3: has a key that is no string"),
        ("a: {<<: 5}\n", "f.yaml, line 1, column 9: merges (<<) something that is no mapping"),
        (
            "a: !!python/object/apply:os.system [id]\n",
            "f.yaml, line 1, column 4: has the tag !!python/object/apply:os.system, which llmvcr never builds",
        ),
        (
            "a: !!python/name:os.system ''\n",
            "f.yaml, line 1, column 4: has the tag !!python/name:os.system, which llmvcr never builds",
        ),
        ("a: !mine {}\n", "f.yaml, line 1, column 4: has the tag !mine, which llmvcr never builds"),
        (
            "a: \x01\n",
            "f.yaml: is not well-formed YAML: unacceptable character #x0001: control characters are not allowed",
        ),
    ],
)
def test_a_bad_file_is_refused_by_place(text: str, message: str) -> None:
    """Every fault is a ReadError that names the file and the place."""
    with pytest.raises(ReadError) as caught:
        _read(text)
    assert str(caught.value).splitlines()[0] == message


@pytest.mark.parametrize("mark", ["[", "{a: ", "- "])
def test_nesting_is_bounded(mark: str) -> None:
    """A file that would kill the process in the YAML library's own loader is refused in time."""
    with pytest.raises(ReadError, match="nests deeper than 200 levels"):
        _read("a:\n  " + mark * 50_000)


def test_an_alias_bomb_is_refused() -> None:
    """Aliases may not repeat more than a budget."""
    text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    text += "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(ReadError, match="repeats more than 1,000,000 values by aliases"):
        _read(text)


def test_a_merge_bomb_is_refused() -> None:
    """Merge keys draw on the same budget."""
    keys = ", ".join(f"k{n}: 1" for n in range(2000))
    text = f"a: &a {{{keys}}}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(1000))
    with pytest.raises(ReadError, match="repeats more than 1,000,000 values by aliases"):
        _read(text)


def test_a_base_60_number_is_text() -> None:
    """What YAML 1.1 computes for seconds in base 60 is text here, at once."""
    assert _request(body="1" + ":30" * 200_000).body == b"1" + b":30" * 200_000


def test_a_gzip_bomb_and_a_cut_gzip_are_refused() -> None:
    """A packed file is unpacked within a bound, and only whole."""
    packed = gzip.compress(b"interactions: []\n# " + b"0" * (65 << 20) + b"\n", mtime=0)
    with pytest.raises(ReadError, match="unpacks to more than 64 MiB"):
        _read(packed)
    whole = gzip.compress(b"interactions: []\nversion: 1\n", mtime=0)
    with pytest.raises(ReadError, match="is a gzip file whose end is missing"):
        _read(whole[:-6])
    with pytest.raises(ReadError, match="is a damaged gzip file"):
        _read(whole[:12] + b"\0\0\0" + whole[15:])


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ("", "f.yaml, interaction 0, response: is missing"),
        ("  response: null\n", "f.yaml, interaction 0, response: is missing"),
        ("  response:\n    headers: {}\n", "f.yaml, interaction 0, response.status: is missing"),
        ("  response:\n    status: {code: 200, message: OK}\n", "f.yaml, interaction 0, response.body: is missing"),
        (
            "  response: {body: {text: a}, status: {code: 1}}\n",
            "f.yaml, interaction 0, response.body.string: is missing",
        ),
        (
            "  response: {body: {string: a}, status: {code: x}}\n",
            "f.yaml, interaction 0, response.status: has a code that is no whole number",
        ),
        ("  response: text\n", "f.yaml: is a log of tool calls by vcr-langchain, which llmvcr does not read"),
    ],
)
def test_an_interaction_that_is_not_whole_is_refused(response: str, message: str) -> None:
    """A request without its answer, or an answer without body or status, is no recording."""
    text = f"interactions:\n- request: {{body: null, headers: {{}}, method: GET, uri: '{URL}'}}\n{response}version: 1\n"
    with pytest.raises(ReadError) as caught:
        _read(text)
    assert str(caught.value).splitlines()[0] == message


def test_a_websocket_of_another_tool_is_read() -> None:
    """A wss:// request without its frames is read as it is: to replay it is refused, not to convert it."""
    assert _request(uri="wss://api.example.com/v1/realtime").url == "wss://api.example.com/v1/realtime"


def test_a_cut_file_is_read_as_itself_or_refused() -> None:
    """No prefix of a cassette says anything that the whole file does not: whole interactions, or an error."""
    whole = _write(
        Interaction(Request("POST", URL, (("a", "b"),), b'{"n": 1}'), Response(200, "OK", (("c", "d"),), (b"1\n2\n",))),
        Interaction(Request("GET", URL, (), None), Response(404, "Not Found", (), (b"\xff" * 60,))),
    )
    interactions = _read(whole).interactions
    read = set()
    for end in range(1, len(whole)):
        try:
            found = _read(whole[:end]).interactions
        except ReadError:
            continue
        assert found == interactions[: len(found)]
        read.add(whole[:end])
    # Without its version a file can end between two interactions, or in front of the version, and nobody can tell.
    assert all(text.endswith(("message: OK\n", "message: Not Found\n", "version: 1")) for text in read)


# --- the corpus ------------------------------------------------------------------------------------------------------


def _sample() -> list[Path]:
    files = sorted(path for path in corpus("vcrpy").rglob("*") if path.is_file())
    return files if os.environ.get("LLMVCR_LONG") else files[::5]


def _vcrpy_loads(data: bytes) -> bool:
    try:
        _vcrpy(data.decode("utf-8"))
    except Exception:  # noqa: BLE001 - vcrpy has ten ways to refuse a file
        return False
    return True


def test_real_cassettes_are_read_as_plain_vcrpy_reads_them() -> None:
    """Every public cassette is read, and wherever plain vcrpy reads it too, it says the same bytes."""
    agreed = 0
    files = _sample()
    for path in files:
        data = path.read_bytes()
        assert formats.sniff(data, path=path.name).name == "yaml"
        document = VCR_YAML.read(data, path=path.name)
        if _vcrpy_loads(data):
            _agreed(data.decode("utf-8"), document)
            agreed += 1
    assert agreed > len(files) * 0.7


def test_real_cassettes_survive_being_written() -> None:
    """Every public cassette is written so that llmvcr reads the same document and plain vcrpy the same bytes."""
    for path in _sample():
        document = VCR_YAML.read(path.read_bytes(), path=path.name)
        data = VCR_YAML.write(document, path=path.name)
        assert VCR_YAML.read(data, path=path.name) == document
        assert _agreed(data.decode("utf-8"), document) == len(document.interactions)
