"""The three ways in: use_cassette, VCR and register, as context managers and as decorators."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import vcr
from vcr.matchers import body, method, uri

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, post, said
from llmvcr.bridge import LlmCassette


def _ask(server: Counting, words: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words)))


def test_record_then_replay(server: Counting, tmp_path: Path) -> None:
    """What is recorded once is answered from then on, and another prompt is not."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert _ask(server, "one") == "1: one"
    with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:
        assert _ask(server, "one") == "1: one"
        with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
            _ask(server, "two")
    assert isinstance(cassette, LlmCassette)
    assert server.words == ["one"]


def test_path_may_be_text(server: Counting, tmp_path: Path) -> None:
    """A path may be a str or a Path."""
    with llmvcr.use_cassette(str(tmp_path / "c.yaml")):
        _ask(server, "one")
    assert (tmp_path / "c.yaml").is_file()


def test_folder_is_made(server: Counting, tmp_path: Path) -> None:
    """The folder of a new cassette is made."""
    with llmvcr.use_cassette(tmp_path / "a" / "b" / "c.yaml"):
        _ask(server, "one")
    assert (tmp_path / "a" / "b" / "c.yaml").is_file()


def test_nothing_recorded_nothing_written(tmp_path: Path) -> None:
    """A cassette that heard nothing leaves no file."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_sync_decorator(server: Counting, tmp_path: Path) -> None:
    """A decorated function runs in its cassette at each call, with arguments and result passed through."""

    @llmvcr.use_cassette(tmp_path / "c.yaml")  # type: ignore[untyped-decorator]
    def ask(words: str) -> str:
        return _ask(server, words)

    assert [ask("one"), ask(words="one")] == ["1: one", "1: one"]
    assert ask.__name__ == "ask"


def test_async_decorator(server: Counting, tmp_path: Path) -> None:
    """A decorated coroutine function runs in its cassette until it is done."""

    @llmvcr.use_cassette(tmp_path / "c.yaml")  # type: ignore[untyped-decorator]
    async def ask(words: str) -> str:
        async with httpx2.AsyncClient(verify=False) as client:
            await asyncio.sleep(0)
            return said(await client.post(server.url + CHAT, json=chat_body(words)))

    assert [asyncio.run(ask("one")), asyncio.run(ask("one"))] == ["1: one", "1: one"]


def test_generator_decorator(server: Counting, tmp_path: Path) -> None:
    """A decorated generator function stays in its cassette while it is run through."""

    @llmvcr.use_cassette(tmp_path / "c.yaml")  # type: ignore[untyped-decorator]
    def ask() -> Iterator[str]:
        yield _ask(server, "one")
        yield _ask(server, "two")

    assert list(ask()) == list(ask()) == ["1: one", "2: two"]


def test_bare_decorator(server: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`@VCR().use_cassette` without a path names the cassette after the function, as in vcrpy."""
    monkeypatch.chdir(tmp_path)
    recorder = llmvcr.VCR(cassette_library_dir=str(tmp_path), path_transformer=vcr.VCR.ensure_suffix(".yaml"))

    @recorder.use_cassette  # type: ignore[untyped-decorator]
    def ask() -> str:
        return _ask(server, "one")

    assert ask() == ask() == "1: one"
    assert [path.name for path in tmp_path.iterdir()] == ["ask.yaml"]


def test_injected_cassette(server: Counting, tmp_path: Path) -> None:
    """`inject_cassette` gives the function its cassette."""

    @llmvcr.use_cassette(tmp_path / "c.yaml", inject_cassette=True)  # type: ignore[untyped-decorator]
    def ask(cassette: Any) -> int:
        _ask(server, "one")
        return len(cassette)

    assert ask() == 1


def test_vcr_options_are_defaults(server: Counting, tmp_path: Path) -> None:
    """Options of VCR hold for all its cassettes, and one cassette's own win."""
    recorder = llmvcr.VCR(record_mode="none", llmvcr_miss="abort")
    with pytest.raises(llmvcr.MissAbort), recorder.use_cassette(str(tmp_path / "c.yaml")):
        _ask(server, "one")
    with pytest.raises(llmvcr.Miss), recorder.use_cassette(str(tmp_path / "c.yaml"), llmvcr_miss="raise"):
        _ask(server, "one")
    with recorder.use_cassette(str(tmp_path / "c.yaml"), record_mode="once"):
        _ask(server, "one")
    assert server.words == ["one"]


def test_vcr_match_on_wins(server: Counting, tmp_path: Path) -> None:
    """A match_on given to VCR is the one that is used."""
    recorder = llmvcr.VCR(match_on=["method", "uri"])
    for words in ("one", "two"):
        with recorder.use_cassette(str(tmp_path / "c.yaml")) as cassette:
            assert _ask(server, words) == "1: one"
    assert cassette._match_on == [method, uri]  # noqa: SLF001 - vcrpy's only place for it


def test_with_current_defaults(server: Counting, tmp_path: Path) -> None:
    """vcrpy's `with_current_defaults` gives our cassette too."""
    with llmvcr.VCR().use_cassette(str(tmp_path / "c.yaml"), with_current_defaults=True) as cassette:
        _ask(server, "one")
    assert isinstance(cassette, LlmCassette)


def test_register(server: Counting, tmp_path: Path) -> None:
    """A vcr.VCR that is registered compares LLM requests whole, with the serializers of ours."""
    recorder = vcr.VCR()
    llmvcr.register(recorder)
    with recorder.use_cassette(str(tmp_path / "c.json"), serializer="json") as cassette:
        _ask(server, "one")
        _ask(server, "two")
    assert [one.__name__ for one in cassette._match_on] == ["llm"]  # noqa: SLF001 - vcrpy's only place for it
    with recorder.use_cassette(str(tmp_path / "c.json"), serializer="json", record_mode="none"):
        assert [_ask(server, "two"), _ask(server, "one")] == ["2: two", "1: one"]


def test_register_keeps_match_on(server: Counting, tmp_path: Path) -> None:
    """A match_on that stood in the VCR before is the user's, and wins; `llm` is there by name."""
    recorder = vcr.VCR(match_on=["method", "uri", "body"])
    llmvcr.register(recorder)
    with recorder.use_cassette(str(tmp_path / "c.yaml")) as cassette:
        _ask(server, "one")
    assert cassette._match_on == [method, uri, body]  # noqa: SLF001 - vcrpy's only place for it
    with recorder.use_cassette(str(tmp_path / "c.yaml"), match_on=["llm"]) as cassette:
        assert _ask(server, "one") == "1: one"
    assert [one.__name__ for one in cassette._match_on] == ["llm"]  # noqa: SLF001


def test_register_options(server: Counting, tmp_path: Path) -> None:
    """Options of register are defaults for all cassettes of that VCR."""
    recorder = vcr.VCR(record_mode="none")
    llmvcr.register(recorder, llmvcr_miss="abort")
    with pytest.raises(llmvcr.MissAbort), recorder.use_cassette(str(tmp_path / "c.yaml")):
        _ask(server, "one")


def test_register_twice(server: Counting, tmp_path: Path) -> None:
    """Registering a VCR again changes its options and nothing else."""
    recorder = vcr.VCR()
    llmvcr.register(recorder)
    llmvcr.register(recorder, llmvcr_miss="abort")
    with recorder.use_cassette(str(tmp_path / "c.yaml")):
        _ask(server, "one")
    with recorder.use_cassette(str(tmp_path / "c.yaml")) as cassette:
        assert _ask(server, "one") == "1: one"
        with pytest.raises(llmvcr.MissAbort):
            _ask(server, "two")
    assert isinstance(cassette, LlmCassette)


def test_additional_matchers(server: Counting, tmp_path: Path) -> None:
    """`additional_matchers` is taken, beside `llm`."""
    options = {"additional_matchers": ["headers"]}
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options):
        post(server.url + CHAT, json=chat_body("one"), headers={"x-made-up": "1"})
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options):
        post(server.url + CHAT, json=chat_body("one"), headers={"x-made-up": "1"})
        with pytest.raises(llmvcr.Miss, match="headers"):
            post(server.url + CHAT, json=chat_body("one"), headers={"x-made-up": "2"})


def test_metadata(tmp_path: Path) -> None:
    """Metadata that a test keeps in its cassette (vcrpy 9) is kept in yaml and json."""
    for serializer in ("yaml", "json", "vcr_json"):
        for default in (1, 2):
            with llmvcr.use_cassette(tmp_path / serializer, serializer=serializer) as cassette:
                assert cassette.get_metadata("seed", default) == 1


def _ask_and_fail(server: Counting) -> None:
    _ask(server, "one")
    raise ZeroDivisionError


def test_record_on_exception(server: Counting, tmp_path: Path) -> None:
    """A test that fails keeps what it recorded; with record_on_exception=False it does not."""
    for number, keeps in enumerate((True, False)):
        path = tmp_path / f"{number}.yaml"
        with pytest.raises(ZeroDivisionError), llmvcr.use_cassette(path, record_on_exception=keeps):
            _ask_and_fail(server)
        assert path.exists() is keeps


def test_record_on_exception_that_is_changed_meanwhile(server: Counting, tmp_path: Path) -> None:
    """What becomes of a failure is asked when the cassette closes, as in vcrpy."""
    recorder, path = llmvcr.VCR(), tmp_path / "c.yaml"

    def fails() -> None:
        with recorder.use_cassette(str(path)):
            recorder.record_on_exception = False
            _ask_and_fail(server)

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not path.exists()
