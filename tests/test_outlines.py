"""What is kept of large cassettes in the user's cache folder: it saves time, and changes nothing else."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llmvcr
from llmvcr import formats, storage
from llmvcr.errors import OptionError
from llmvcr.formats import outline, unread
from llmvcr.formats.base import Document
from llmvcr.formats.vcr_yaml import VCR_YAML
from llmvcr.interaction import Interaction, Request, Response
from mutilated import mutilated

URL = "https://api.openai.com/v1/chat/completions"
EVENTS = tuple(b'data: {"number": %d, "text": "%s"}\n\n' % (number, b"word " * 240) for number in range(30))
STREAM = (("content-type", "text/event-stream"),)


def asking(number: float, gap: str = "") -> bytes:
    """The body of a request, spelt with or without a gap."""
    return f'{{"model":{gap}"m","messages":[{{"role":"user","content":"Question {number}?"}}]}}'.encode()


def call(number: int, chunks: tuple[bytes, ...] = EVENTS, times: tuple[float, ...] = ()) -> Interaction:
    """A recorded call; those of odd numbers ask the same."""
    asked = Request("POST", URL, (("x-secret", "made-up-" + "s" * 20),), asking(number % 2 or number))
    answer = Response(200, "OK", (*STREAM, ("x-number", str(number))), chunks, times=times)
    return Interaction(asked, answer, "2026-11-22T09:00:00Z")


CALLS = (call(0), call(1), call(2, (b"short",)), call(3, times=tuple(map(float, range(31)))), *map(call, range(4, 16)))
DATA = VCR_YAML.write(Document(CALLS, {"metadata": {"by": "somebody"}}), path="f.yaml")
READ = formats.read(DATA, path="f.yaml")
KEY = outline.key_of(DATA) or b""
SEALED = outline.sealed(READ, KEY) or b""
SMALL = VCR_YAML.write(Document(CALLS[3:6]), path="f.yaml")
SMALL_KEY = outline.key_of(SMALL) or b""
SMALL_SEALED = outline.sealed(formats.read(SMALL, path="f.yaml"), SMALL_KEY) or b""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that it goes to; on every platform the user is one of Linux here."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LLMVCR_CACHE", raising=False)
    return tmp_path / "cache" / "llmvcr"


def there(cache: Path) -> list[Path]:
    """The files of the cache."""
    return sorted(cache.iterdir()) if cache.is_dir() else []


def test_the_second_reading_gives_the_same_and_reads_nothing(cache: Path) -> None:
    """What was read before is left in the file, requests and all, until somebody asks; then it is what it was."""
    first = storage.read_again(DATA, path="f.yaml")
    again = storage.read_again(DATA, path="f.yaml")
    assert len(there(cache)) == 1
    assert not any(map(unread.is_outlined, first))
    assert all(map(unread.is_outlined, again))
    assert all(unread.is_unread(one.request) for one in again)
    assert repr(again) == repr(first) == repr(VCR_YAML.read(DATA, path="f.yaml"))
    assert again == first
    assert not any(unread.is_unread(one.request) for one in again)


def test_it_is_an_interaction_in_every_way() -> None:
    """In whichever order its parts are asked for, it is equal to what was read whole, copied and pickled as that."""
    asks: tuple[Callable[[Interaction], Any], ...] = (
        lambda one: one.response,
        lambda one: one.request.body,
        lambda one: one.recorded_at,
        lambda one: unread.head(one).headers,
        copy.deepcopy,
        lambda one: pickle.loads(pickle.dumps(one)),  # noqa: S301 - our own bytes
        lambda one: copy.copy(one.request),
    )
    for number, ask in enumerate(asks):
        found = outline.opened(SEALED, DATA, KEY, path="f.yaml")
        assert found is not None
        assert ask(found[number]) == ask(READ[number])
        assert found[number] == READ[number]
        assert hash(found[number].request) == hash(READ[number].request)
    with pytest.raises(AttributeError):
        READ[0].request.nonsense  # type: ignore[attr-defined]  # noqa: B018 - that it is not there is what is tested


def test_the_cassette_is_not_to_be_seen_in_it(cache: Path) -> None:
    """Nothing of the cassette stands in the file, nor does the hash of a request, and nobody else may read it."""
    storage.read_again(DATA, path="f.yaml")
    (kept,) = there(cache)
    held = kept.read_bytes()
    assert all(DATA[at : at + 6] not in held for at in range(20_000))
    assert all(unread.fingerprint(one.request) not in held for one in CALLS)
    assert outline.opened(held, DATA, KEY, path="f.yaml") == READ
    if os.name == "posix":
        assert (kept.stat().st_mode & 0o777, cache.stat().st_mode & 0o777) == (0o600, 0o700)


def test_no_cut_outline_is_taken_for_one() -> None:
    """An outline that lacks its end, however little of it, is none; nor is that of other bytes."""
    assert outline.opened(SMALL_SEALED, SMALL, SMALL_KEY, path="f.yaml") == Document(CALLS[3:6])
    assert all(
        outline.opened(SMALL_SEALED[:size], SMALL, SMALL_KEY, path="f.yaml") is None
        for size in range(len(SMALL_SEALED))
    )
    assert outline.opened(SEALED, SMALL, SMALL_KEY, path="f.yaml") is None


@given(st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_no_damaged_outline_is_taken_for_one(random: Any) -> None:
    """An outline of which anything was changed is none."""
    damaged = mutilated(SMALL_SEALED, random)
    assert damaged == SMALL_SEALED or outline.opened(damaged, SMALL, SMALL_KEY, path="f.yaml") is None


FORGED = {
    "one less": replace(READ, places=READ.places[1:]),
    "without the first": replace(READ, places=READ.places[1:], interactions=READ.interactions[1:]),
    "without the last": replace(READ, places=READ.places[:-1], interactions=READ.interactions[:-1]),
    "without the second": replace(
        READ, places=READ.places[:1] + READ.places[2:], interactions=READ.interactions[:1] + READ.interactions[2:]
    ),
    "too long": replace(READ, places=(*READ.places[:-1], (*READ.places[-1][:3], 1 << 40))),
    "in another order": replace(READ, places=(READ.places[1], READ.places[0], *READ.places[2:])),
    "negative": replace(READ, places=((READ.places[0][0], -5, -3, READ.places[0][3]), *READ.places[1:])),
}


@pytest.mark.parametrize("forged", FORGED)
def test_an_outline_by_a_forger_who_has_the_cassette(forged: str) -> None:
    """Even with the right seal, places that do not lie in the file one upon the other are none."""
    found = outline.sealed(FORGED[forged], KEY)
    assert found is not None
    assert outline.opened(found, DATA, KEY, path="f.yaml") is None


def test_a_damaged_file_is_written_anew(cache: Path) -> None:
    """What stands in the place of an outline and is none is replaced, and the reading is right each time."""
    storage.read_again(DATA, path="f.yaml")
    (kept,) = there(cache)
    whole = kept.read_bytes()
    for damaged in (b"", whole[:-1], b"\0" * len(whole), b"x" * (5 << 20)):
        kept.write_bytes(damaged)
        assert storage.read_again(DATA, path="f.yaml") == READ
        assert kept.read_bytes() == whole
    kept.unlink()
    kept.mkdir()
    assert storage.read_again(DATA, path="f.yaml") == READ
    assert there(cache) == [kept]


@pytest.mark.parametrize("where", ["", "relative", "{tmp}/file/below", "/proc/no"])
def test_without_a_folder_nothing_is_kept(
    where: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is none, or takes nothing, or a user without one, is no error: nothing is kept."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", where.format(tmp=tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.chdir(tmp_path)
    assert storage.read_again(DATA, path="f.yaml") == storage.read_again(DATA, path="f.yaml") == READ
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert there(cache) == []


def test_it_can_be_switched_off(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LLMVCR_CACHE=off nothing is kept, nor read; another value than on or off is refused by name."""
    monkeypatch.setenv("LLMVCR_CACHE", "off")
    assert storage.read_again(DATA, path="f.yaml") == READ
    assert there(cache) == []
    monkeypatch.setenv("LLMVCR_CACHE", "on")
    storage.read_again(DATA, path="f.yaml")
    assert len(there(cache)) == 1
    monkeypatch.setenv("LLMVCR_CACHE", "off")
    assert not unread.is_outlined(storage.read_again(DATA, path="f.yaml")[0])
    monkeypatch.setenv("LLMVCR_CACHE", "no")
    with pytest.raises(OptionError, match="LLMVCR_CACHE is 'no' in the environment; it can be on or off"):
        storage.read_again(DATA, path="f.yaml")


def test_small_files_and_others_leave_nothing(cache: Path) -> None:
    """A small file, one of short interactions, one of another layout and one that cannot be played have no outline."""
    short = VCR_YAML.write(Document(tuple(call(number, EVENTS[:3]) for number in range(100))), path="f.yaml")
    broken = VCR_YAML.write(Document((*CALLS, Interaction(Request("GET", "http://["), Response(200)))), path="f.yaml")
    socket = VCR_YAML.write(Document((*CALLS, Interaction(Request("GET", "wss://x"), Response(200)))), path="f.yaml")
    for data in (SMALL, short, DATA.replace(b"\n- request:", b"\n# by hand\n- request:", 1), broken, socket):
        assert storage.read_again(data, path="f.yaml") == VCR_YAML.read(data, path="f.yaml")
    assert there(cache) == []


def test_there_are_never_too_many(cache: Path) -> None:
    """When there are 256 files, those that were written first go."""
    cache.mkdir(parents=True)
    for number in range(256):
        (cache / f"{number:032}").write_bytes(b"old")
        os.utime(cache / f"{number:032}", (number, number))
    storage.read_again(DATA, path="f.yaml")
    left = there(cache)
    assert len(left) == 129
    assert next(path.name for path in left if path.read_bytes() == b"old") == f"{128:032}"


def test_many_at_once_all_read_right(cache: Path) -> None:
    """Whoever reads while others write the same outline gets the cassette, and one outline is left."""
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: storage.read_again(DATA, path="f.yaml") == READ, range(4))) == [True] * 4
    assert len(there(cache)) == 1


def answers(path: Path, *bodies: bytes, mode: str = "none") -> list[str]:
    """The numbers of the calls that answer these bodies, one after the other."""
    found = []
    with llmvcr.use_cassette(str(path), record_mode=mode) as cassette:
        for body in bodies:
            answer = cassette.call(Request("POST", URL, (), body)).answer
            found.append("-" if answer is None else dict(answer.headers)["x-number"])
    return found


def test_a_replay_is_the_same_again(cache: Path, tmp_path: Path) -> None:
    """Equal bytes are answered in recorded order, other spellings by what they say, and what is not there is missed."""
    path = tmp_path / "c.yaml"
    path.write_bytes(DATA)
    bodies = *map(asking, (10, 1)), asking(1, " "), asking(1), asking(6, "  "), asking(6.5), asking(0)
    first = answers(path, *bodies, mode="new_episodes")
    assert first == ["10", "1", "3", "5", "6", "-", "0"]
    assert len(there(cache)) == 1
    assert answers(path, *bodies, mode="new_episodes") == first
    with pytest.raises(llmvcr.Miss, match="Question 6"):
        answers(path, asking(6.5))


def test_a_forged_print_misleads_nobody(cache: Path, tmp_path: Path) -> None:
    """Whatever an outline says a request is, its answer is that of a request which is really the same."""
    path = tmp_path / "c.yaml"
    path.write_bytes(DATA)
    answers(path, asking(4))
    forged = outline.sealed(replace(READ, interactions=READ.interactions[::-1]), KEY)
    assert forged is not None
    (kept,) = there(cache)
    kept.write_bytes(forged)
    assert answers(path, asking(4), asking(14), asking(8)) == ["4", "14", "8"]


def test_what_is_added_stands_behind_what_was_there(cache: Path, tmp_path: Path) -> None:
    """A cassette that was opened by its outline is added to byte for byte, and read anew after that."""
    path = tmp_path / "c.yaml"
    path.write_bytes(VCR_YAML.write(Document(CALLS), path="f.yaml"))
    before = path.read_bytes()
    for number in (100, 102):
        with llmvcr.use_cassette(str(path), record_mode="new_episodes") as cassette:
            one = call(number)
            cassette.call(one.request).record(one.response)
    assert path.read_bytes().startswith(before.removesuffix(b"version: 1\n"))
    found = storage.load(path)
    assert [one.request for one in found] == [one.request for one in (*CALLS, call(100), call(102))]
    assert answers(path, asking(102), asking(100), asking(4)) == ["102", "100", "4"]
    assert len(there(cache)) == 3
