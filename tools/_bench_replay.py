"""What a replayed call costs beyond the client library's own work, and what finding its recording takes."""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import vcr
from openai import OpenAI

import llmvcr
from llmvcr.formats import Document
from llmvcr.index import Index
from llmvcr.interaction import Interaction, Request
from tools import _bench_traffic as traffic
from tools._bench import Figure, Row, Scale, Took, ratio, turns

__all__ = ["enter", "match", "miss", "replay"]

_FLOOR_BAR, _CANONICAL_BAR, _MISS_BAR = 1.10, 0.2, 100.0  # times; milliseconds
_BYTES_BAR, _FORM_BAR = 25.0, 150.0  # microseconds
_IN_MEMORY = 10_000  # from here on nothing is read from a file, which is another row
_BODY = ("method", "uri", "body")

_Sides = tuple[OpenAI, traffic.Memory]
"""The client whose calls a cassette answers, and the floor."""
_Wanted = Sequence[tuple[int, dict[str, Any]]]
"""What the SDK is asked, each with the number of what was recorded for it."""


def replay(scale: Scale) -> Iterator[Row]:
    """Give a row for each number of recorded calls, plain and streamed, each order, hit by bytes and by form."""
    sizes = [1, 100, 1000] if scale.quick else [1, 100, 1000, 10_000, 100_000]
    for count in sizes:
        size = traffic.SMALL if count >= _IN_MEMORY else traffic.BIG
        for streamed in (False, True) if count <= 1000 else (False,):
            recorded = traffic.interactions(size, count, streamed=streamed)
            with tempfile.TemporaryDirectory() as folder:
                path = str(Path(folder, "bench.yaml"))
                if count < _IN_MEMORY:
                    llmvcr.dump(Document(recorded), path)
                yield from _replays(scale, path, recorded, size, streamed=streamed)


def _replays(
    scale: Scale, path: str, recorded: Sequence[Interaction], size: traffic.Size, *, streamed: bool
) -> Iterator[Row]:
    count, most = len(recorded), _calls_of(scale, streamed=streamed)
    name = f"replay, N = {count:,}, {'SSE' if streamed else 'plain'}"
    sides = traffic.client(), traffic.Memory(recorded)
    first = list(range(min(count, most)))
    orders = {"in order": first}
    if count >= _IN_MEMORY or (count > 1 and not scale.quick):
        orders["reversed"] = [count - 1 - number for number in first]
        orders["random"] = traffic.drawn(0).sample(range(count), len(first))
    rounds = max(1, most // len(first))
    for order, numbers in orders.items():
        where = f"{name}, {order}" if len(orders) > 1 else name
        ours = _ours(path, recorded)
        took = _calls(ours, sides, _wanted(size, numbers), rounds, streamed=streamed)
        figure = Figure.of([a.cpu / b.cpu for a, b in took])
        added = Figure.of([(a.cpu - b.cpu) * 1000 for a, b in took])
        yield Row(
            f"{where}, by bytes",
            f"{figure.said('x floor')}, +{added.median:.2f} ms of {_floor(took):.2f}",
            f"<= {_FLOOR_BAR:.2f} x",
            figure.median <= _FLOOR_BAR,
        )
        took = _calls(ours, sides, _wanted(size, numbers, respelt=True), rounds, streamed=streamed)
        added, times = Figure.of([(a.cpu - b.cpu) * 1000 for a, b in took]), Figure.of([a.cpu / b.cpu for a, b in took])
        most_of = f", at most {max(a.cpu - b.cpu for a, b in took) * 1000:.0f} ms" if count >= _IN_MEMORY else ""
        yield Row(
            f"{where}, by form",
            f"+{added.said('ms', 3)}, {times.median:.2f} x floor{most_of}",
            f"<= +{_CANONICAL_BAR} ms",
            added.median <= _CANONICAL_BAR,
        )
    yield from _renewed(scale, name, size, count, sides, streamed=streamed)
    if count <= 1000:
        some = sorted(traffic.drawn(1).sample(range(count), min(count, scale.pick(3, 5))))
        yield from _vcrpy(path, sides, size, name, some, streamed=streamed)


def _calls_of(scale: Scale, *, streamed: bool) -> int:
    """Give how many calls a figure is made of: two in four of their differences are 0.3 ms from each other."""
    return scale.pick(40, 160) if streamed else scale.pick(60, 400)


def _renewed(
    scale: Scale, name: str, size: traffic.Size, count: int, sides: _Sides, *, streamed: bool
) -> Iterator[Row]:
    """Give what a call takes whose request quotes other ids than the recorded one: then only the forms are equal."""
    recorded = traffic.interactions(size, count, streamed=streamed, run=0)
    numbers = range(min(count, _calls_of(scale, streamed=streamed)))
    wanted = [(number, traffic.asked(size, number, run=1)) for number in numbers]
    rounds = max(1, _calls_of(scale, streamed=streamed) // len(wanted))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "bench.yaml"))
        if count < _IN_MEMORY:
            llmvcr.dump(Document(recorded), path)
        took = _calls(_ours(path, recorded), sides, wanted, rounds, streamed=streamed)
    added, times = Figure.of([(a.cpu - b.cpu) * 1000 for a, b in took]), Figure.of([a.cpu / b.cpu for a, b in took])
    most = max(a.cpu - b.cpu for a, b in took) * 1000
    yield Row(
        f"{name}, by form, other ids",
        f"+{added.said('ms', 3)}, {times.median:.2f} x floor, at most {most:.0f} ms",
        f"<= +{_CANONICAL_BAR} ms",
        added.median <= _CANONICAL_BAR,
    )


def _vcrpy(
    path: str, sides: _Sides, size: traffic.Size, name: str, numbers: list[int], *, streamed: bool
) -> Iterator[Row]:
    ways = {"": ("method", "scheme", "host", "port", "path", "query"), ", body compared": _BODY}
    for said, match_on in ways.items():

        def opened(match_on: tuple[str, ...] = match_on) -> AbstractContextManager[Any]:
            context: AbstractContextManager[Any] = vcr.use_cassette(path, record_mode="none", match_on=match_on)
            return context

        took = _calls(opened, sides, _wanted(size, numbers), 1, streamed=streamed)
        figure = Figure.of([a.cpu / b.cpu for a, b in took])
        yield Row(f"{name}: vcrpy{said}", f"{figure.said('x floor')}")


def _ours(path: str, recorded: Sequence[Interaction]) -> Callable[[], AbstractContextManager[Any]]:
    def opened() -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = llmvcr.use_cassette(path, record_mode="none")
        return context if len(recorded) < _IN_MEMORY else _Filled(context, recorded)

    return opened


class _Filled(AbstractContextManager[Any]):
    """A cassette that was given what it would have read."""

    def __init__(self, context: AbstractContextManager[Any], recorded: Sequence[Interaction]) -> None:
        self._context, self._recorded = context, recorded

    def __enter__(self) -> Any:
        cassette = self._context.__enter__()
        for one in self._recorded:
            cassette.data.keep(one)
        cassette.rewound = True
        cassette.finding.begin()
        return cassette

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(None, None, None)


def _calls(
    opened: Callable[[], AbstractContextManager[Any]],
    sides: _Sides,
    wanted: _Wanted,
    rounds: int,
    *,
    streamed: bool,
) -> list[tuple[Took, Took]]:
    """Give for each call what it took through the cassette, and what the same call took over the floor right then."""
    found = []
    client, floor = sides
    for turn in range(rounds):
        gc.collect()
        with opened() as cassette:
            if hasattr(cassette, "finding"):  # the index by bytes is made once a cassette, and belongs to its loading
                cassette.finding.find(cassette.data.request(0))
            traffic.ask(floor.client, wanted[0][1], streamed=streamed)
            for place, (number, one) in enumerate(wanted):
                took = {}
                floor.number = number
                for which in (0, 1) if (place + turn) % 2 else (1, 0):
                    asking = floor.client if which else client
                    wall, cpu = time.perf_counter(), time.process_time()
                    traffic.ask(asking, one, streamed=streamed)
                    took[which] = Took(time.process_time() - cpu, time.perf_counter() - wall)
                found.append((took[0], took[1]))
    return found


def _wanted(size: traffic.Size, numbers: Sequence[int], *, respelt: bool = False) -> _Wanted:
    return [(number, traffic.asked(size, number, respelt=respelt)) for number in numbers]


def _floor(took: Sequence[tuple[Took, Took]]) -> float:
    return Figure.of([b.cpu * 1000 for _, b in took]).median


def enter(scale: Scale) -> Iterator[Row]:
    """Give what opening and closing a cassette of one call takes, beside vcrpy's."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "bench.yaml"))
        llmvcr.dump(Document(traffic.interactions(traffic.SMALL, 1, streamed=False)), path)

        def ours() -> None:
            for _ in range(10):
                with llmvcr.use_cassette(path, record_mode="none"):
                    pass

        def theirs() -> None:
            for _ in range(10):
                with vcr.use_cassette(path, record_mode="none"):
                    pass

        took, other = turns(scale.pick(9, 41), (ours, theirs))
    each = Figure.of([one.cpu * 100 for one in took])
    yield Row("open and close a cassette of one call", f"{ratio(took, other).said('x vcrpy')}, {each.median:.2f} ms")


def miss(scale: Scale) -> Iterator[Row]:
    """Give what the first miss of a cassette takes, to the error with its words, and whether it names the neighbour."""
    cases = [(traffic.SMALL, 1000), (traffic.SMALL, 10_000)] if scale.quick else [(traffic.BIG, 1000)]
    for size, count in [*cases, *([] if scale.quick else [(traffic.SMALL, 10_000), (traffic.SMALL, 100_000)])]:
        recorded = traffic.interactions(size, count, streamed=False)
        took, named, tries = [], 0, scale.pick(3, 9)
        for number in traffic.drawn(2).sample(range(count), tries):
            one = recorded[number].request
            asked = replace(one, body=(one.body or b"").replace(b" warmer ", b" colder "))
            context = llmvcr.use_cassette("bench.yaml", record_mode="none", llmvcr_block_network="off")
            with _Filled(context, recorded) as cassette:
                cassette.call(recorded[0].request)
                start = time.process_time()
                try:
                    cassette.call(asked)
                except llmvcr.Miss as error:
                    took.append((time.process_time() - start) * 1000)
                    named += error.nearest == number
        figure = Figure.of(took)
        yield Row(
            f"the first miss, {size.request / 1000:.1f} KB, N = {count:,}",
            f"{figure.said('ms', 0)}, neighbour named {named} of {tries}",
            f"<= {_MISS_BAR:.0f} ms" if count <= _IN_MEMORY else "",
            (figure.median <= _MISS_BAR and named == tries) if count <= _IN_MEMORY else None,
        )


def match(scale: Scale) -> Iterator[Row]:
    """Give what finding takes alone, by bytes, by form and by form with other ids, in an index of few and of many."""
    for count in (100, scale.pick(1000, 10_000)):
        recorded = traffic.interactions(traffic.BIG, count, streamed=False, run=0)
        anew = [one.request for one in traffic.interactions(traffic.BIG, 100, streamed=False, run=1)]
        requests = [one.request for one in recorded]
        # What was received is never the very object that was read.
        same = [Request(one.method, one.url, one.headers, bytes(bytearray(one.body or b""))) for one in requests[:100]]
        other = [
            Request(one.method, one.url, one.headers, json.dumps(json.loads(one.body or b"")).encode()) for one in same
        ]
        ways = (("bytes", same, _BYTES_BAR), ("form", other, _FORM_BAR), ("form, other ids", anew, _FORM_BAR))
        for how, wanted, bar in ways:
            took = []
            for _ in range(scale.pick(3, 9)):
                index = Index(requests)
                index.peek(requests[0])
                for one in wanted:
                    start = time.process_time_ns()
                    index.take(one)
                    took.append((time.process_time_ns() - start) / 1000)
            figure = Figure.of(took)
            size = len(same[0].body or b"") / 1000
            yield Row(
                f"match alone, {size:.0f} KB, N = {count:,}, by {how}",
                figure.said("us", 1),
                f"<= {bar:.0f} us",
                figure.median <= bar,
            )
