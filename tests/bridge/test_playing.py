"""Which answer a request gets: each caller its own, equal requests in recorded order, repeats where they are due."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

import llmvcr
from bridge.counting import CHAT, Counting, chat_body, counting, post, said, send
from llmvcr.formats import Document
from llmvcr.storage import dump, load
from shared import CASSETTES


def _ask(server: Counting, words: str) -> str:
    return said(post(server.url + CHAT, json=chat_body(words)))


def _get(server: Counting, path: str, body: bytes | None = None) -> int:
    with urllib.request.urlopen(server.url + path, body, timeout=10) as answer:  # noqa: S310 - loopback
        return int(json.load(answer)["n"])


def _recorded_words(path: Path) -> list[str]:
    bodies = [json.loads(one.request.body or b"") for one in load(path).interactions]
    return [body["messages"][-1]["content"] for body in bodies]


def test_order_of_requests(server: Counting, tmp_path: Path) -> None:
    """Where answers overlap, the file keeps the order in which they were asked for."""
    server.holds["slow"] = threading.Event()

    async def both() -> None:
        async with httpx2.AsyncClient(verify=False) as client:
            slow = asyncio.create_task(client.post(server.url + CHAT, json=chat_body("slow")))
            while not server.seen:  # noqa: ASYNC110 - the server is a thread, which sets no event of asyncio's
                await asyncio.sleep(0.001)
            await client.post(server.url + CHAT, json=chat_body("fast"))
            server.holds["slow"].set()
            await slow

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        asyncio.run(both())
    assert _recorded_words(tmp_path / "c.yaml") == ["slow", "fast"]


def test_equal_requests(server: Counting, tmp_path: Path) -> None:
    """Equal requests are answered in recorded order, each answer once."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert [_ask(server, "one") for _ in range(3)] == ["1: one", "2: one", "3: one"]
    with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:
        assert [_ask(server, "one") for _ in range(3)] == ["1: one", "2: one", "3: one"]
        assert cassette.all_played
        with pytest.raises(llmvcr.Miss, match="3 recorded interactions, but they have all already been played"):
            _ask(server, "one")


def test_other_order(server: Counting, tmp_path: Path) -> None:
    """Requests that come in another order than they were recorded each get their own answer."""
    words = [f"prompt {number}" for number in range(8)]
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        recorded = {one: _ask(server, one) for one in words}
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert {one: _ask(server, one) for one in reversed(words)} == recorded


def test_threads(server: Counting, tmp_path: Path) -> None:
    """50 prompts under 8 threads: all are recorded, and each gets its own answer, while recording and on replay."""
    words = [f"prompt {number}" for number in range(50)]
    answers = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), ThreadPoolExecutor(8) as pool:
            answers.append(list(pool.map(lambda one: _ask(server, one), words)))
    assert answers[0] == answers[1]
    assert [answer.partition(": ")[2] for answer in answers[0]] == words
    assert len(load(tmp_path / "c.yaml").interactions) == 50


def test_equal_requests_in_threads(server: Counting, tmp_path: Path) -> None:
    """Under threads no recorded answer is given twice."""
    answers = []
    for mode in ("once", "none"):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), ThreadPoolExecutor(8) as pool:
            answers.append(sorted(pool.map(lambda _: _ask(server, "one"), range(24))))
    assert answers[0] == answers[1] == sorted(f"{number}: one" for number in range(1, 25))


def test_playback_repeats(server: Counting, tmp_path: Path) -> None:
    """With allow_playback_repeats each answer comes once in its order, and then the last one again and again."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, "one")
        _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "c.yaml", allow_playback_repeats=True):
        assert [_ask(server, "one") for _ in range(4)] == ["1: one", "2: one", "2: one", "2: one"]


def test_rewind(server: Counting, tmp_path: Path) -> None:
    """After rewind all can be played again."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none") as cassette:
        assert _ask(server, "one") == "1: one"
        cassette.rewind()
        assert cassette.play_count == 0
        assert _ask(server, "one") == "1: one"


def test_counts(server: Counting, tmp_path: Path) -> None:
    """play_count, all_played, len and requests say what vcrpy's say."""
    with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:
        _ask(server, "one")
        _ask(server, "two")
        assert (len(cassette), cassette.play_count) == (2, 0)
    with llmvcr.use_cassette(tmp_path / "c.yaml") as cassette:
        _ask(server, "two")
        assert (len(cassette), cassette.play_count, cassette.all_played) == (2, 1, False)
        _ask(server, "one")
        assert (cassette.play_count, cassette.all_played) == (2, True)
        assert [request.path for request in cassette.requests] == [CHAT, CHAT]
        assert len(cassette.responses_of(cassette.requests[0])) == 1


def test_folder_of_recordings(tmp_path: Path) -> None:
    """A folder of recordings is a path for use_cassette, and answers an equal request without limit."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("weather", "web_search"):
        (folder / f"{name}.json").write_bytes((CASSETTES / "seeds" / f"{name}.json").read_bytes())
    with llmvcr.use_cassette(folder, record_mode="none") as cassette:
        requests = [(request.method, request.uri, request.body) for request in cassette.requests]
        for _ in range(3):
            for method, uri, body in requests:
                assert send(method, uri, content=body).status_code == 200
        assert cassette.play_count == 6


def test_cassette_of_recordings_plays_once(tmp_path: Path) -> None:
    """The same recordings in a typed cassette are played once each."""
    interactions = load(CASSETTES / "seeds" / "weather.json").interactions
    dump(Document(interactions), tmp_path / "c.json")
    with llmvcr.use_cassette(tmp_path / "c.json", record_mode="none") as cassette:
        request = cassette.requests[0]
        assert send(request.method, request.uri, content=request.body).status_code == 200
        with pytest.raises(llmvcr.Miss):
            send(request.method, request.uri, content=request.body)


def test_folder_beside_a_cassette(server: Counting, tmp_path: Path) -> None:
    """Of one VCR, recordings repeat while a cassette that is open inside still plays each interaction once."""
    recorder = llmvcr.VCR()
    with recorder.use_cassette(str(tmp_path / "c.yaml")):
        _ask(server, "one")
    seed = str(CASSETTES / "seeds" / "weather.json")
    with recorder.use_cassette(seed, record_mode="none") as recordings:
        request = recordings.requests[0]
        with recorder.use_cassette(str(tmp_path / "c.yaml"), record_mode="none"):
            assert _ask(server, "one") == "1: one"
            with pytest.raises(llmvcr.Miss):
                _ask(server, "one")
        for _ in range(2):
            assert send(request.method, request.uri, content=request.body).status_code == 200


def test_folder_is_only_replayed(server: Counting, tmp_path: Path) -> None:
    """A folder is never recorded into: the error says what to do, and nothing is written."""
    (tmp_path / "weather.json").write_bytes((CASSETTES / "seeds" / "weather.json").read_bytes())
    with (
        pytest.raises(llmvcr.WriteError, match="folder of recordings, which is only replayed"),
        llmvcr.use_cassette(tmp_path, record_mode="new_episodes"),
    ):
        _ask(server, "one")
    assert [path.name for path in tmp_path.iterdir()] == ["weather.json"]


def test_other_traffic(server: Counting, tmp_path: Path) -> None:
    """Traffic that is no LLM call matches as vcrpy's default does, body not compared, beside LLM traffic."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, "one")
        assert _get(server, "/page?b=2&a=1", b"{}") == 2
        post(server.url + "/page/2", content=b"first")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert _get(server, "/page?a=1&b=2", b"another body") == 2
        assert post(server.url + "/page/2", content=b"another").json()["n"] == 3
        with pytest.raises(llmvcr.Miss):
            _ask(server, "another prompt")
        with pytest.raises(llmvcr.Miss):
            post(server.url + "/page/3")
        assert _ask(server, "one") == "1: one"


def test_default_port_and_empty_path(tmp_path: Path) -> None:
    """As with vcrpy's matchers, port 80 and a path of "/" may be spelt out or not."""

    def answered(url: str, mode: str, transport: httpx2.MockTransport) -> str:
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), httpx2.Client(transport=transport) as client:
            return client.get(url).text

    def refused(_request: httpx2.Request) -> httpx2.Response:
        raise AssertionError

    live = httpx2.MockTransport(lambda _request: httpx2.Response(200, text="page"))
    assert answered("http://made-up.invalid", "once", live) == "page"
    assert answered("http://made-up.invalid:80/", "none", httpx2.MockTransport(refused)) == "page"


def test_two_hosts(tmp_path: Path) -> None:
    """An LLM request to another port of loopback is the same request: test servers take a free one each time."""
    with counting() as first, llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(first, "one")
    with counting() as second, llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert _ask(second, "one") == "1: one"
        assert second.seen == []


def test_new_episodes(server: Counting, tmp_path: Path) -> None:
    """new_episodes plays what is there and adds what is not, in the order of requests."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="new_episodes"):
        assert [_ask(server, "two"), _ask(server, "one")] == ["2: two", "1: one"]
    assert _recorded_words(tmp_path / "c.yaml") == ["one", "two"]


def test_new_episodes_of_equal_requests(server: Counting, tmp_path: Path) -> None:
    """Two equal new requests are two calls and two interactions, so that the replay has an answer for both."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="new_episodes"):
        live = [_ask(server, "two"), _ask(server, "two")]
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert [_ask(server, "two"), _ask(server, "two")] == live


def test_mode_all(server: Counting, tmp_path: Path) -> None:
    """all asks the server each time; what was recorded anew stands in place of what it matches."""
    for _ in range(2):
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="all"):
            _ask(server, "one")
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="all"):
        _ask(server, "two")
    assert server.words == ["one", "one", "two"]
    assert _recorded_words(tmp_path / "c.yaml") == ["one", "two"]
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert _ask(server, "one") == "2: one"


def test_drop_unused(server: Counting, tmp_path: Path) -> None:
    """drop_unused_requests drops from the file what was not played."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        for words in ("one", "two", "three"):
            _ask(server, words)
    with llmvcr.use_cassette(tmp_path / "c.yaml", drop_unused_requests=True):
        _ask(server, "three")
        _ask(server, "one")
    assert sorted(_recorded_words(tmp_path / "c.yaml")) == ["one", "three"]


def test_own_match_on(server: Counting, tmp_path: Path) -> None:
    """Under a match_on of the user's, equal requests are still answered in recorded order, once each."""
    options = {"match_on": ["method", "uri", "body"]}
    with llmvcr.use_cassette(tmp_path / "c.yaml", **options):
        live = [_ask(server, words) for words in ("one", "two", "one")]
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", **options):
        assert [_ask(server, words) for words in ("one", "one", "two")] == [live[0], live[2], live[1]]
        with pytest.raises(llmvcr.Miss, match="have all already been played"):
            _ask(server, "one")


@pytest.mark.parametrize(
    ("headers", "timing", "asked"),
    [
        ({"retry-after": "3"}, "0.1", ("300", None)),
        ({"retry-after": "0.5"}, "2", ("1000", None)),
        ({"retry-after-ms": "40", "retry-after": "1"}, "0.5", ("20", None)),
        (
            {"retry-after": "Sun, 22 Nov 2026 10:00:04 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"},
            "0.5",
            ("2000", None),
        ),
        ({"retry-after": "soon"}, "0.5", (None, "soon")),
        ({}, "0.5", (None, None)),
        ({"retry-after": "3"}, "recorded", (None, "3")),
    ],
    ids=["seconds", "part of a second", "milliseconds", "date", "unreadable", "none", "recorded"],
)
def test_a_wait_is_paced_like_the_rest(
    headers: dict[str, str], timing: str, asked: tuple[str | None, str | None], tmp_path: Path
) -> None:
    """Under a factor of `llmvcr_timing` a recorded refusal asks for that part of the wait that it asked for."""
    live = httpx2.MockTransport(lambda _request: httpx2.Response(429, headers=headers, text="later"))
    with llmvcr.use_cassette(tmp_path / "c.yaml"), httpx2.Client(transport=live) as client:
        client.get("http://made-up.invalid/")
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none", llmvcr_timing=timing),
        httpx2.Client(verify=False) as client,
    ):
        served = client.get("http://made-up.invalid/").headers
    assert (served.get("retry-after-ms"), served.get("retry-after")) == asked


def test_retries_are_not_waited_for(tmp_path: Path) -> None:
    """A recorded 429 is served with a retry-after of 1 ms; the file keeps what the server said."""
    answers = [
        httpx2.Response(429, headers={"retry-after": "3"}, text="later"),
        httpx2.Response(200, headers={"retry-after": "3"}, text="now"),
    ]
    url = "http://made-up.invalid/"
    live = httpx2.MockTransport(lambda _request: answers.pop(0))
    with llmvcr.use_cassette(tmp_path / "c.yaml"), httpx2.Client(transport=live) as client:
        assert [client.get(url).headers["retry-after"] for _ in range(2)] == ["3", "3"]
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"), httpx2.Client(verify=False) as client:
        first, second = client.get(url), client.get(url)
    assert (first.headers["retry-after-ms"], first.headers.get("retry-after")) == ("1", None)
    assert second.headers["retry-after"] == "3"
    assert ("retry-after", "3") in load(tmp_path / "c.yaml").interactions[0].response.headers
