"""What recording adds while an answer passes, and what each chunk costs on its way."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2

import llmvcr
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response
from taps.paced import Step, paced
from tools._bench import Figure, Row, Scale, clocked, turns

__all__ = ["chunks", "record", "tee"]

_TEE_BAR, _REPLAY_BAR = 5.0, 3.0  # microseconds a chunk
_RECORD_BAR, _FIRST_BAR = 1.03, 1.0  # times; milliseconds
_URL = "http://127.0.0.1:9/v1/chat/completions"
_CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"word " * 40 + b'"}}]}\n\n'


class _Stream(httpx2.SyncByteStream):
    def __init__(self, count: int) -> None:
        self._count = count

    def __iter__(self) -> Iterator[bytes]:
        return itertools.repeat(_CHUNK, self._count)


def _answer(count: int) -> httpx2.Response:
    return httpx2.Response(200, headers=[("content-type", "text/event-stream")], stream=_Stream(count))


class _Bare(httpx2.MockTransport):
    """No tap takes it for httpx2's own."""

    handle_request = httpx2.MockTransport.handle_request


def _read(client: httpx2.Client) -> None:
    with client.stream("POST", _URL, json={"model": "gpt-4o"}) as response:
        for _ in response.iter_raw():
            pass


def tee(scale: Scale) -> Iterator[Row]:
    """Give what hearing a chunk costs while it is recorded: the same stream with a cassette open, and without."""
    count, rounds = scale.pick(500, 2000), scale.pick(7, 15)
    with (
        httpx2.Client(transport=_Bare(lambda _: _answer(count))) as bare,
        httpx2.Client(transport=httpx2.MockTransport(lambda _: _answer(count))) as heard,
        tempfile.TemporaryDirectory() as folder,
        llmvcr.use_cassette(str(Path(folder, "bench.yaml")), record_mode="all"),
    ):

        def recorded() -> None:
            with heard.stream("POST", _URL, json={"model": "gpt-4o"}) as response:
                passing = response.iter_raw()
                took.append(clocked(lambda: _take(passing, count)).cpu)

        def passed() -> None:
            with bare.stream("POST", _URL, json={"model": "gpt-4o"}) as response:
                passing = response.iter_raw()
                floor.append(clocked(lambda: _take(passing, count)).cpu)

        took: list[float] = []
        floor: list[float] = []
        turns(rounds, (recorded, passed))
    added = Figure.of([(a - b) / count * 1e6 for a, b in zip(took[1:], floor[1:], strict=True)])
    yield Row("tee, per chunk", f"+{added.said('us')}", f"<= {_TEE_BAR:.0f} us", added.median <= _TEE_BAR)


def _take(passing: Iterator[bytes], count: int) -> None:
    # All but the end, where the interaction is made and written: that is a cost of the call.
    for _ in itertools.islice(passing, count):
        pass


def chunks(scale: Scale) -> Iterator[Row]:
    """Give what a chunk costs on replay, beyond the same chunks given from memory."""
    count, rounds = scale.pick(2000, 4000), scale.pick(9, 31)
    answer = Response(200, "OK", (("content-type", "text/event-stream"),), (_CHUNK,) * count)
    asked = httpx2.Request("POST", _URL, json={"model": "gpt-4o"})
    request = Request("POST", _URL, tuple(asked.headers.multi_items()), asked.read())
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "bench.yaml"))
        llmvcr.dump(Document((Interaction(request, answer),)), path)
        with (
            httpx2.Client(transport=_Bare(lambda _: _answer(count))) as bare,
            httpx2.Client(transport=httpx2.HTTPTransport()) as real,
            llmvcr.use_cassette(path, record_mode="none", allow_playback_repeats=True),
        ):
            ours, floor = turns(rounds, (lambda: _read(real), lambda: _read(bare)))
    added = Figure.of([(a.cpu - b.cpu) / count * 1e6 for a, b in zip(ours, floor, strict=True)])
    yield Row("replay, per chunk", f"+{added.said('us')}", f"<= {_REPLAY_BAR:.0f} us", added.median <= _REPLAY_BAR)


class _Pause(threading.Event):
    """A step of the paced server that waits for the time, and for nobody."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the signature is the base class's
        time.sleep(self._seconds)
        return True


def record(scale: Scale) -> Iterator[Row]:
    """Give what recording adds to calls of a server that takes its time: on the wall, since that is what people see."""
    rounds = scale.pick(7, 40)
    streamed: list[Step] = list(itertools.chain.from_iterable((_CHUNK, _Pause(0.02)) for _ in range(20)))
    cases: tuple[tuple[str, list[Step], threading.Event | None], ...] = (
        ("record, plain after 100 ms", [b'{"object":"chat.completion"}'], _Pause(0.1)),
        ("record, 20 chunks, one every 20 ms", streamed, None),
    )
    for name, steps, held in cases:
        with paced() as server, tempfile.TemporaryDirectory() as folder, httpx2.Client(trust_env=False) as client:
            server.steps, server.held = steps, held
            server.headers = [("Content-Type", "text/event-stream")]
            direct: list[_Call] = []
            recorded: list[_Call] = []
            call = partial(_called, client, f"{server.url}/v1/chat/completions")
            for number in range(rounds + 1):
                call()  # the connection stands
                direct.append(call())
                with llmvcr.use_cassette(str(Path(folder, f"{number}.yaml"))):
                    call()
                    recorded.append(call())
        pairs = list(zip(recorded, direct, strict=True))[1:]
        figure = Figure.of([a.wall / b.wall for a, b in pairs])
        cpu = Figure.of([(a.cpu - b.cpu) * 1000 for a, b in pairs])
        yield Row(
            f"{name} (wall)",
            f"{figure.said('x direct', 3)}, +{cpu.said('ms')} of CPU",
            f"<= {_RECORD_BAR} x",
            figure.median <= _RECORD_BAR,
        )
        first = Figure.of([(a.first - b.first) * 1000 for a, b in pairs])
        yield Row(f"{name}, first chunk (wall)", f"+{first.said('ms')}", "<= +1 ms", first.median <= _FIRST_BAR)


@dataclass(frozen=True, slots=True)
class _Call:
    """Seconds of one call: on the wall, until its first chunk, and of CPU in the thread that asked."""

    wall: float
    first: float
    cpu: float


def _called(client: httpx2.Client, url: str) -> _Call:
    """Take a whole stream."""
    first, start, cpu = 0.0, time.perf_counter(), time.thread_time()
    with client.stream("POST", url, json={"model": "gpt-4o", "messages": []}) as response:
        for number, _ in enumerate(response.iter_raw()):
            if number == 0:
                first = time.perf_counter() - start
    return _Call(time.perf_counter() - start, first, time.thread_time() - cpu)
