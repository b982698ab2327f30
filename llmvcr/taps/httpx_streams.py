"""Answers of httpx and httpx2: real ones that are heard as they pass, and recorded ones as they were.

The library in question is a parameter here too; this module imports neither.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any, NoReturn

from llmvcr.interaction import Response
from llmvcr.taps.ear import Ear
from llmvcr.taps.failures import CANCELLED, in_library, is_cancellation
from llmvcr.taps.pacing import Pace, TooSlow

__all__ = ["listen", "replay", "replay_async"]


def listen(response: Any, ear: Ear, lib: ModuleType) -> Any:
    """Put an ear on a real response, and give it back; what has been read already (MockTransport) is heard at once."""
    if ear.over:
        return response
    version = response.extensions.get("http_version", b"").decode("ascii", "replace")
    ear.head(response.status_code, response.reason_phrase, tuple(response.headers.multi_items()), version)
    if not hasattr(response, "_content"):
        response.stream = _streams(lib).tee(response.stream, ear)
        return response
    # A ByteStream can be read again, and has the bytes as they were before the library unpacked them.
    ear.chunk(b"".join(response.stream) if isinstance(response.stream, lib.ByteStream) else response.content)
    ear.end()
    return response


def replay(answer: Response, request: Any, lib: ModuleType) -> Any:
    """Give the response of a recorded answer when it is due, or raise what the recorded attempt ended in."""
    if not answer.times and not answer.ended and not answer.failed:
        return _response(answer, _streams(lib).given(answer.chunks), lib)
    pace, limit = Pace(answer), _read_timeout(request)
    try:
        pace.wait(0, limit)
    except TooSlow:
        _time_out(lib, request)
    if answer.failed:
        _fail(answer, lib, request)
    return _response(answer, _streams(lib).replay(answer, pace, request), lib)


async def replay_async(answer: Response, request: Any, lib: ModuleType) -> Any:
    """Do as `replay`, without holding up the event loop."""
    if not answer.times and not answer.ended and not answer.failed:
        return _response(answer, _streams(lib).given(answer.chunks), lib)
    pace, limit = Pace(answer), _read_timeout(request)
    try:
        await pace.wait_async(0, limit)
        if answer.failed and answer.ended == CANCELLED:
            await pace.never(limit)
    except TooSlow:
        _time_out(lib, request)
    if answer.failed:
        _fail(answer, lib, request)
    return _response(answer, _streams(lib).replay(answer, pace, request), lib)


def _response(answer: Response, stream: Any, lib: ModuleType) -> Any:
    extensions: dict[str, Any] = {"http_version": (answer.http_version or "HTTP/1.1").encode("ascii", "replace")}
    if answer.reason:
        extensions["reason_phrase"] = answer.reason.encode("latin-1", "replace")
    # The libraries take a header's text for ASCII, but read UTF-8.
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    return lib.Response(answer.status, headers=headers, stream=stream, extensions=extensions)


def _read_timeout(request: Any) -> float | None:
    limit = request.extensions.get("timeout", {}).get("read")
    return limit if isinstance(limit, int | float) else None


def _fail(answer: Response, lib: ModuleType, request: Any) -> NoReturn:
    """Raise what the recording ended in, as an exception of the library; for one that it does not have, ReadError."""
    if answer.ended == "closed":
        message = "replayed: the recording ends here, where the client that recorded it closed the stream"
        raise lib.ReadError(message, request=request)
    kind = getattr(lib, answer.ended, None) or getattr(lib, in_library("httpx", answer.ended), None)
    if not (isinstance(kind, type) and issubclass(kind, lib.TransportError)):
        kind = lib.ReadError
    raise kind(answer.error, request=request)


def _time_out(lib: ModuleType, request: Any) -> NoReturn:
    message = "replayed: the recorded answer takes longer than the read timeout"
    raise lib.ReadTimeout(message, request=request) from None


@dataclass(frozen=True, slots=True)
class _Streams:
    """The streams of ours, as classes of one library: a response asks for its own stream classes."""

    given: Any
    replay: Any
    tee: Any


@lru_cache
def _streams(lib: ModuleType) -> _Streams:  # noqa: C901 - classes of short methods, counted as one function
    class Given(lib.SyncByteStream, lib.AsyncByteStream):  # type: ignore[name-defined,misc]
        """Hands out recorded chunks that are due at once, and end well."""

        def __init__(self, chunks: tuple[bytes, ...]) -> None:
            self._chunks = chunks

        def __iter__(self) -> Iterator[bytes]:
            return iter(self._chunks)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._chunks:
                yield chunk

    class Replay(lib.SyncByteStream, lib.AsyncByteStream):  # type: ignore[name-defined,misc]
        """Hands out recorded chunks, each as it was and when it is due, and the recorded bad end, if there was one."""

        def __init__(self, answer: Response, pace: Pace, request: Any) -> None:
            self._answer, self._pace, self._request = answer, pace, request
            self._limit = _read_timeout(request)

        def __iter__(self) -> Iterator[bytes]:
            for number, chunk in enumerate(self._answer.chunks, 1):
                try:
                    self._pace.wait(number, self._limit)
                except TooSlow:
                    _time_out(lib, self._request)
                yield chunk
            if self._answer.ended:
                _fail(self._answer, lib, self._request)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for number, chunk in enumerate(self._answer.chunks, 1):
                try:
                    await self._pace.wait_async(number, self._limit)
                except TooSlow:
                    _time_out(lib, self._request)
                yield chunk
            if self._answer.ended == CANCELLED:
                try:
                    await self._pace.never(self._limit)
                except TooSlow:
                    _time_out(lib, self._request)
            if self._answer.ended:
                _fail(self._answer, lib, self._request)

    class Tee(lib.SyncByteStream, lib.AsyncByteStream):  # type: ignore[name-defined,misc]
        """Hands on each chunk of the real stream at once, and tells the ear when the stream is over."""

        def __init__(self, stream: Any, ear: Ear) -> None:
            self._stream, self._ear = stream, ear

        def __iter__(self) -> Iterator[bytes]:
            try:
                for chunk in self._stream:
                    self._ear.chunk(chunk)
                    yield chunk
            except lib.TransportError as error:
                self._ear.failed(error)
                raise
            self._ear.end()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async for chunk in self._stream:
                    self._ear.chunk(chunk)
                    yield chunk
            except lib.TransportError as error:
                self._ear.failed(error)
                raise
            except BaseException as error:
                if is_cancellation(error):
                    self._ear.end(CANCELLED)
                raise
            self._ear.end()

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self._ear.close()

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self._ear.close()

    return _Streams(Given, Replay, Tee)
