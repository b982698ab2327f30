"""What users register with vcrpy themselves keeps its say: serializers, persisters, matchers, hooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.persisters.filesystem import CassetteNotFoundError, FilesystemPersister
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said

SECRET = "sk-made-up-secret"


def _ask(server: Counting, words: str, **headers: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words), headers=headers))


class _Backwards:
    """A serializer of a user's own: JSON, written backwards."""

    def serialize(self, cassette_dict: dict[str, Any]) -> str:
        return str(jsonserializer.serialize(cassette_dict))[::-1]

    def deserialize(self, cassette_string: str) -> Any:
        return jsonserializer.deserialize(cassette_string[::-1])


class _Shelf:
    """A persister of a user's own: it keeps cassettes in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def load_cassette(self, cassette_path: str, serializer: Any) -> Any:
        if str(cassette_path) not in self.kept:
            raise CassetteNotFoundError
        return deserialize(self.kept[str(cassette_path)], serializer)

    def save_cassette(self, cassette_path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
        self.kept[str(cassette_path)] = serialize(cassette_dict, serializer)


def test_own_serializer(server: Counting, tmp_path: Path) -> None:
    """A serializer that a user registered writes and reads the file, and the replay is whole."""
    recorder = llmvcr.VCR()
    recorder.register_serializer("backwards", _Backwards())
    for mode in ("once", "none"):
        with recorder.use_cassette(str(tmp_path / "c"), serializer="backwards", record_mode=mode):
            assert _ask(server, "one") == "1: one"
    assert json.loads((tmp_path / "c").read_text(encoding="utf-8")[::-1])["version"] == 1


def test_serializer_before_register(server: Counting, tmp_path: Path) -> None:
    """So does one that was registered before llmvcr was."""
    recorder = vcr.VCR()
    recorder.register_serializer("backwards", _Backwards())
    llmvcr.register(recorder)
    with recorder.use_cassette(str(tmp_path / "c"), serializer="backwards"):
        _ask(server, "one")
    assert (tmp_path / "c").read_text(encoding="utf-8").rstrip().endswith("{")


@pytest.mark.parametrize("when", ["before", "after", "option"])
def test_own_persister(when: str, server: Counting, tmp_path: Path) -> None:
    """A persister of a user's own holds the cassettes, whether it was there before llmvcr, after, or is an option."""
    shelf = _Shelf()
    recorder, options = vcr.VCR(), {}
    if when == "before":
        recorder.register_persister(shelf)
    llmvcr.register(recorder)
    if when == "after":
        recorder.register_persister(shelf)
    if when == "option":
        options = {"persister": shelf}
    for mode in ("once", "none"):
        with recorder.use_cassette(str(tmp_path / "c"), record_mode=mode, **options):
            assert _ask(server, "one") == "1: one"
    assert list(shelf.kept) == [str(tmp_path / "c")]
    assert list(tmp_path.iterdir()) == []


def test_derived_persister(server: Counting, tmp_path: Path) -> None:
    """A persister that a user derived from vcrpy's is called, not replaced."""
    saved = []

    class Derived(FilesystemPersister):  # type: ignore[misc]
        @staticmethod
        def save_cassette(cassette_path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
            saved.append(str(cassette_path))
            FilesystemPersister.save_cassette(cassette_path, cassette_dict, serializer)

    recorder = vcr.VCR()
    recorder.register_persister(Derived)
    llmvcr.register(recorder)
    for mode in ("once", "none"):
        with recorder.use_cassette(str(tmp_path / "c"), record_mode=mode):
            assert _ask(server, "one") == "1: one"
    assert saved == [str(tmp_path / "c")]


@pytest.mark.parametrize("method", ["load_cassette", "save_cassette"])
def test_failing_persister(method: str, server: Counting, tmp_path: Path) -> None:
    """An error of a user's persister comes out as it is."""

    class Failing(_Shelf):
        def __getattribute__(self, name: str) -> Any:
            if name == method:
                raise PermissionError(name)
            return super().__getattribute__(name)

    recorder = vcr.VCR()
    recorder.register_persister(Failing())
    llmvcr.register(recorder)
    with pytest.raises(PermissionError, match=method), recorder.use_cassette(str(tmp_path / "c")):
        _ask(server, "one")


def test_failing_serializer(server: Counting, tmp_path: Path) -> None:
    """An error of a user's serializer comes out as it is, and no cassette is written, but a journal."""

    class Failing(_Backwards):
        def serialize(self, cassette_dict: dict[str, Any]) -> str:
            raise PermissionError(len(cassette_dict["interactions"]))

    recorder = llmvcr.VCR()
    recorder.register_serializer("failing", Failing())
    with pytest.raises(PermissionError, match="1"), recorder.use_cassette(str(tmp_path / "c"), serializer="failing"):
        _ask(server, "one")
    assert [path.suffix for path in tmp_path.rglob("*.*") if path.suffix] == [".journal"]


def test_own_matcher(server: Counting, tmp_path: Path) -> None:
    """A matcher of a user's own decides alone where match_on names it."""
    recorder = llmvcr.VCR(match_on=["anything"])
    recorder.register_matcher("anything", lambda _received, _recorded: True)
    for words in ("one", "two"):
        with recorder.use_cassette(str(tmp_path / "c")):
            assert _ask(server, words) == "1: one"


@pytest.mark.parametrize("dialect", ["yaml", "json", "vcr_json", "backwards"])
def test_filtered_headers_are_nowhere(dialect: str, server: Counting, tmp_path: Path) -> None:
    """What filter_headers takes out stands nowhere in the file, also where a header is sent twice."""
    recorder = llmvcr.VCR(filter_headers=["authorization"])
    recorder.register_serializer("backwards", _Backwards())
    headers = [("X-Twice", "1"), ("Authorization", SECRET), ("X-Twice", "2")]
    for mode in ("once", "none"):
        with recorder.use_cassette(str(tmp_path / "c"), serializer=dialect, record_mode=mode):
            assert said(post(server.url + CHAT, json=chat_body("one"), headers=headers)) == "1: one"
    assert SECRET.encode() in str(server.seen[0].headers).encode()
    written = (tmp_path / "c").read_text(encoding="utf-8")
    assert SECRET not in written
    assert SECRET[::-1] not in written


@pytest.mark.parametrize("dialect", ["yaml", "json", "vcr_json", "backwards"])
def test_changed_response_is_nowhere(dialect: str, server: Counting, tmp_path: Path) -> None:
    """What before_record_response takes out of headers and body stands nowhere in the file."""

    def scrub(response: dict[str, Any]) -> dict[str, Any]:
        response["headers"] = {k: v for k, v in response["headers"].items() if k.lower() != "set-cookie"}
        response["body"]["string"] = response["body"]["string"].replace(b"chatcmpl", b"scrubbed-away")
        return response

    recorder = llmvcr.VCR(before_record_response=scrub)
    recorder.register_serializer("backwards", _Backwards())
    for mode in ("once", "none"):
        with recorder.use_cassette(str(tmp_path / "c"), serializer=dialect, record_mode=mode):
            answer = post(server.url + CHAT, json=chat_body("one", stream=True))
    assert answer.headers.get_list("set-cookie") == []
    assert answer.text.count("scrubbed-away-1") == 2
    written = (tmp_path / "c").read_text(encoding="utf-8")
    for text in ("one=made-up", "chatcmpl"):
        assert text not in written
        assert text[::-1] not in written


def test_live_answer_is_not_scrubbed(server: Counting, tmp_path: Path) -> None:
    """While recording the application gets what the server sent, not what before_record_response made of it."""

    def scrub(response: dict[str, Any]) -> dict[str, Any]:
        response["body"]["string"] = b"scrubbed"
        return response

    with llmvcr.use_cassette(tmp_path / "c.yaml", before_record_response=scrub):
        assert _ask(server, "one") == "1: one"
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert post(server.url + CHAT, json=chat_body("one")).text == "scrubbed"


def test_dropped_by_a_hook(server: Counting, tmp_path: Path) -> None:
    """A request that before_record_request drops passes and is not recorded; a response that is dropped neither."""

    def request_hook(request: Any) -> Any:
        return None if b"secret" in (request.body or b"") else request

    def response_hook(response: dict[str, Any]) -> Any:
        return None if b"two" in response["body"]["string"] else response

    hooks = {"before_record_request": request_hook, "before_record_response": response_hook}
    with llmvcr.use_cassette(tmp_path / "c.yaml", **hooks) as cassette:
        assert [_ask(server, words) for words in ("secret", "one", "two")] == ["1: secret", "2: one", "3: two"]
        assert len(cassette) == 1
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", **hooks):
        assert [_ask(server, "secret"), _ask(server, "one")] == ["4: secret", "2: one"]


def test_changed_request_matches(server: Counting, tmp_path: Path) -> None:
    """What before_record_request makes of a request is recorded, compared, and never sent."""

    def hook(request: Any) -> Any:
        request.body = request.body.replace(b"Monday", b"DAY").replace(b"Tuesday", b"DAY")
        return request

    with llmvcr.use_cassette(tmp_path / "c.yaml", before_record_request=hook):
        assert _ask(server, "on Monday") == "1: on Monday"
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", before_record_request=hook):
        assert _ask(server, "on Tuesday") == "1: on Monday"
        with pytest.raises(llmvcr.Miss):
            _ask(server, "on Sunday")


@pytest.mark.parametrize("dialect", ["yaml", "json", "vcr_json"])
def test_save_and_load_hooks(dialect: str, server: Counting, tmp_path: Path) -> None:
    """before_save_interaction and after_load_interaction change what is on disk and what is played."""

    def hide(request: Any, response: Any) -> Any:
        response["body"]["string"] = response["body"]["string"].replace(b"1: one", b"HIDDEN")
        return request, response

    def show(request: Any, response: Any) -> Any:
        response["body"]["string"] = response["body"]["string"].replace(b"HIDDEN", b"1: one")
        return request, response

    options = {"serializer": dialect, "before_save_interaction": hide, "after_load_interaction": show}
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c", record_mode=mode, **options):
            assert _ask(server, "one") == "1: one"
    written = (tmp_path / "c").read_text(encoding="utf-8")
    assert ("HIDDEN" in written, "1: one" in written) == (True, False)


@pytest.mark.parametrize("dialect", ["yaml", "json", "vcr_json"])
def test_dropped_on_save(dialect: str, server: Counting, tmp_path: Path) -> None:
    """An interaction that before_save_interaction drops is not in the file; the others keep their order."""

    def keep(request: Any, response: Any) -> Any:
        return None if b"two" in request.body else (request, response)

    with llmvcr.use_cassette(tmp_path / "c", serializer=dialect, before_save_interaction=keep):
        for words in ("one", "two", "three"):
            _ask(server, words)
    bodies = [one.request.body or b"" for one in llmvcr.load(tmp_path / "c").interactions]
    assert [json.loads(body)["messages"][0]["content"] for body in bodies] == ["one", "three"]


@pytest.mark.parametrize("dialect", ["yaml", "json", "vcr_json"])
def test_sensitive_data(dialect: str, server: Counting, tmp_path: Path) -> None:
    """filter_sensitive_data puts a placeholder on disk, and the replay has the value again."""
    options = {"serializer": dialect, "filter_sensitive_data": [("<WORDS>", "made-up-words")]}
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c", record_mode=mode, **options):
            assert _ask(server, "made-up-words", authorization="made-up-words") == "1: made-up-words"
    written = (tmp_path / "c").read_text(encoding="utf-8")
    assert ("<WORDS>" in written, "made-up-words" in written) == (True, False)


def test_ignored_hosts(server: Counting, tmp_path: Path) -> None:
    """ignore_hosts and ignore_localhost let calls through, unrecorded, in every mode."""
    for option in ({"ignore_hosts": ["127.0.0.1"]}, {"ignore_localhost": True}):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", **option) as cassette:
            assert _ask(server, "one").endswith("one")
            assert len(cassette) == 0
    assert server.words == ["one", "one"]


def test_decompressed(server: Counting, tmp_path: Path) -> None:
    """decode_compressed_response keeps working beside llmvcr."""
    with llmvcr.use_cassette(tmp_path / "c.yaml", decode_compressed_response=True):
        assert _ask(server, "one") == "1: one"
    with llmvcr.use_cassette(tmp_path / "c.yaml", decode_compressed_response=True, record_mode="none"):
        assert _ask(server, "one") == "1: one"
