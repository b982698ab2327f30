"""File names of recordings: each version of the hash, and every name of the corpus that one of them makes."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from llmvcr.errors import OptionError
from llmvcr.formats import hashing
from shared import CASSETTES, corpus

URL = "https://api.openai.com/v1/v1/chat/completions"


def _recording(body: Any = None, url: str = URL, test_id: str | None = "t::t", **request: Any) -> dict[str, Any]:
    said = {"method": "POST", "url": url, "headers": {}, "body": body or {}, "endpoint": "", "model": "", **request}
    return {"test_id": test_id, "request": said, "response": {"body": [], "is_streaming": False}}


def _same(version: int, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return hashing.name(one, version) == hashing.name(other, version)


@pytest.mark.parametrize(("seed", "name"), [("weather", "b8870267241e.json"), ("web_search", "3d1ab6203f4a.json")])
def test_a_seed_has_its_name(seed: str, name: str) -> None:
    """The two seeds are called what llama-stack called them, by version 1 of the hash and no other."""
    recording = json.loads((CASSETTES / "seeds" / f"{seed}.json").read_bytes())
    assert hashing.name(recording, 1) == name
    assert hashing.matching(recording, name) == (1,)
    assert hashing.matching(recording, "0" * 12 + ".json") == ()


@pytest.mark.parametrize(
    ("since", "one", "other"),
    [
        (3, _recording({"x": 0.1234561}), _recording({"x": 0.1234559})),
        (3, _recording({"x": "at 0.1234561"}), _recording({"x": "at 0.1234559"})),
        (
            4,
            _recording({"stream_options": {}}, "https://bedrock-x.aws/v1/v1/chat/completions"),
            _recording({}, "https://bedrock-x.aws/v1/v1/chat/completions"),
        ),
        (5, _recording({"extra_body": {"project_id": 1}}), _recording({"extra_body": {}})),
        (5, _recording({"x": [{"extra_query": {"project_id": 1}}]}), _recording({"x": [{"extra_query": {}}]})),
        (6, _recording({"x": "score: 1.5e-3, attributes: {'a': 1}"}), _recording({"x": "score: 2"})),
        (
            6,
            _recording({"x": "document_id: 12345678-1234-1234-1234-123456789abc"}),
            _recording({"x": "document_id: 92345678-1234-1234-1234-123456789abc"}),
        ),
        (
            6,
            _recording({"x": "<|12345678-1234-1234-1234-123456789abc|>"}),
            _recording({"x": "<|92345678-1234-1234-1234-123456789abc|>"}),
        ),
    ],
)
def test_what_each_version_takes_for_equal(since: int, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Each step of the hash makes two requests equal that the versions before tell apart."""
    assert [_same(version, one, other) for version in hashing.VERSIONS] == [v >= since for v in hashing.VERSIONS]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        (URL, [True, *[False] * 6]),
        ("http://localhost:11434/api/tags", [True] * 7),
        ("https://a.example/v1/models", [True] * 7),
        ("https://a.example/v1/openai/v1/models", [True, False, *[True] * 5]),
        ("https://a.example/v1/v1/models", [True, *[False] * 5, True]),
        ("http://localhost:8000/v1/v1/models", [True, *[False] * 6]),
    ],
)
def test_which_calls_are_shared_by_tests(url: str, *, same: list[bool]) -> None:
    """From version 2 on the test's id is hashed, but for some lists of models."""
    one, other = _recording(url=url), _recording(url=url, test_id="other::test")
    assert [_same(version, one, other) for version in hashing.VERSIONS] == same


def test_names_of_lists_of_models() -> None:
    """A list of models has the digest of its ids in its name; their order does not matter."""
    recording = _recording(url="https://a.example/v1/v1/models")
    items = [{"__type__": "openai.types.model.Model", "__data__": {"id": name}} for name in ("b", "a", "b")]
    recording["response"]["body"] = items
    digest = hashing.digest(recording, 7)
    assert hashing.name(recording, 7) == f"models-{digest}-{hashing.models_digest(['a', 'b'])}.json"
    recording["response"]["body"] = items[::-1]
    assert hashing.name(recording, 7).startswith(f"models-{digest}-")
    sha1 = f"models-{digest[:12]}-{hashing.models_digest(['a', 'b'], 'sha1')}.json"
    assert hashing.matching(recording, sha1)


def test_a_test_id_can_be_given() -> None:
    """`test_id` takes the place of the recording's own."""
    assert hashing.name(_recording(test_id="a"), 7, "b") == hashing.name(_recording(test_id="b"), 7)


@pytest.mark.parametrize("version", [0, 8, -1])
def test_a_version_that_is_not_there(version: int) -> None:
    """A version that never was is refused by name."""
    with pytest.raises(OptionError, match=str(version)):
        hashing.name(_recording(), version)


@pytest.mark.parametrize("url", [None, 5, "http://[broken", ""])
def test_any_request_has_a_name(url: object) -> None:
    """A request without a URL that can be read is hashed all the same."""
    assert hashing.name(_recording(url=url), 7).endswith(".json")  # type: ignore[arg-type]


def test_every_name_of_the_corpus() -> None:
    """Where the list says that versions reproduce a name these do, and no others; where it says none, none does."""
    folder = corpus("recordings").parent
    wrong = []
    with (folder / "recordings.tsv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            recording = json.loads((folder / row["path"]).read_bytes())
            found = hashing.matching(recording, row["path"].rpartition("/")[2])
            told = row["hash_versions_matching"]
            if row["models_digest"] == "NO" or told == "-":
                right = found == ()
            elif told in ("f", "h", "t"):
                right = found != ()
            else:
                right = ",".join(map(str, found)) == told
            if not right:
                wrong.append((row["path"], told, found))
    assert wrong == []
