"""Every SDK's stream, heard while it passes: the server sends the next word only when the application has the last.

A recorder that holds back would wait for the server, which waits for the application: the server then cuts the
answer, and the test fails. No clock is read.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import llmvcr
from sdk.paced_apis import WORDS
from sdk.sdks import SDKS, Sdk
from shared import PROJECT
from taps.paced import Paced, Step, paced

# google-genai makes a subclass of aiohttp's session, which aiohttp would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

_PATIENCE = 30.0  # seconds before a server that waits for ever cuts its answer
_LIBRARIES = {"aiohttp", "httpx", "httpx2", "urllib3"}


def named(row: Sdk) -> str:
    """The row's part of a test's id."""
    return row.name.replace(" ", "-")


def check_installed(row: Sdk) -> None:
    """Skip the test where a package of the row is not installed."""
    if row.missing:
        pytest.skip(f"{row.missing} is not installed")


@pytest.fixture(params=SDKS, ids=named)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Each row whose packages are installed."""
    row: Sdk = request.param
    check_installed(row)
    return row


class Gate(threading.Event):
    """A step at which the server waits until the application has a word, longer than any machine should need."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - some SDKs take seconds to be ready to read
        """Wait for the application; False where it cannot have got the word."""
        return super().wait(_PATIENCE)


def gates() -> list[threading.Event]:
    """One gate for each word."""
    return [Gate() for _ in WORDS]


def plan(server: Paced, sdk: Sdk, words: Iterable[Step]) -> None:
    """Have the server send an answer with these words, and waits, in its middle."""
    server.steps = [*sdk.api.before, *words, *sdk.api.after]
    server.headers = [("Content-Type", sdk.api.content_type)]


def gated(server: Paced, sdk: Sdk) -> list[threading.Event]:
    """Have the server wait after each word until the application says that it has it; return the gates."""
    made = gates()
    plan(server, sdk, [step for turn in zip(sdk.api.words, made, strict=True) for step in turn])
    return made


def read(sdk: Sdk, url: str, opened: list[threading.Event]) -> list[str]:
    """Ask, let the server go on at each word, and return the words."""
    got: list[str] = []

    def hear(word: str) -> None:
        if word:
            got.append(word)
            opened[len(got) - 1].set()

    async def listen(words: AsyncIterator[str]) -> None:
        async for word in words:
            hear(word)

    words: Any = sdk.ask(url)
    if sdk.asynchronous:
        asyncio.run(listen(words))
    else:
        for word in words:
            hear(word)
    return got


def way() -> tuple[str, str]:
    """Return the HTTP library and the tap that are at work in the callers of this function."""
    names: list[str] = []
    frame = sys._getframe()  # noqa: SLF001 - the documented way to see one's callers
    while frame := frame.f_back:  # type: ignore[assignment]
        names.append(frame.f_globals.get("__name__", ""))
    tops = [name.partition(".")[0] for name in names]
    taps = [name.split(".")[2].partition("_")[0] for name in names if name.startswith("llmvcr.taps.")]
    return next(top for top in tops if top in _LIBRARIES), (taps or [""])[-1]


def test_each_word_arrives_before_the_next_is_sent_also_while_recording(sdk: Sdk, tmp_path: Path) -> None:
    """Live, while recording and on replay the application gets the same pieces, each as soon as it is there."""
    path = tmp_path / "cassette.yaml"
    with paced() as server:
        live = read(sdk, server.url, gated(server, sdk))
        with llmvcr.use_cassette(path):
            recording = read(sdk, server.url, gated(server, sdk))
        url, asked = server.url, len(server.bodies)
    with llmvcr.use_cassette(path, record_mode="none") as cassette:
        replayed = read(sdk, url, gated(server, sdk))
    assert (live, recording, replayed) == (list(WORDS),) * 3
    assert (asked, len(cassette)) == (2, 1)


def test_the_call_goes_through_the_library_and_tap_of_its_row(sdk: Sdk, tmp_path: Path) -> None:
    """The tap that asks the cassette is the one of the library in the README's table."""
    seen: list[tuple[str, str]] = []

    def look(request: Any) -> Any:
        seen.append(way())
        return request

    with paced() as server, llmvcr.use_cassette(tmp_path / "cassette.yaml", before_record_request=look):
        read(sdk, server.url, gated(server, sdk))
    assert set(seen) == {(sdk.library, sdk.library.rstrip("2"))}


@pytest.mark.parametrize("recorded", [False, True], ids=["live", "recording"])
@pytest.mark.parametrize("row", [sdk for sdk in SDKS if sdk.asynchronous], ids=named)
def test_two_async_streams_take_turns(row: Sdk, recorded: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column
    """While recording as live, each of two streams gets its next word as soon as the other has its own."""
    check_installed(row)
    heard: list[str] = []

    async def listen(name: str, url: str, opened: list[threading.Event]) -> None:
        words: Any = row.ask(url)
        async for word in words:
            if word:
                heard.append(name)
                opened[heard.count(name) - 1].set()

    async def listen_to_both() -> None:
        await asyncio.gather(listen("first", one.url, first), listen("second", other.url, second))

    inside = llmvcr.use_cassette(tmp_path / "cassette.yaml") if recorded else nullcontext()
    with paced() as one, paced() as other, inside:
        first, second = gates(), gates()
        turns = tuple(zip(row.api.words, first, second, strict=True))
        plan(one, row, [step for word, _, has_other in turns for step in (word, has_other)])
        plan(other, row, [step for word, has_one, _ in turns for step in (has_one, word)])
        asyncio.run(listen_to_both())
    assert heard == ["first", "second"] * len(WORDS)


def test_the_readme_says_which_way_each_sdk_goes() -> None:
    """The README's table has one line for each SDK of these rows, with the libraries and taps that the rows name."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for name in dict.fromkeys(sdk.distribution for sdk in SDKS if sdk.distribution != sdk.library):
        rows = [sdk for sdk in SDKS if sdk.distribution == name]
        sync, later = ([row.library for row in rows if row.asynchronous is way] for way in (False, True))
        taps = [library.removesuffix("2") for library in (*sync, *later)]
        cells = [name, *(", ".join(dict.fromkeys(libraries)) for libraries in (sync, later, taps))]
        line = "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
        assert line in readme.splitlines()
