"""Every transport of the two libraries is tapped while a cassette is open, and as it was afterwards."""

from __future__ import annotations

import asyncio
import functools
import gzip
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import vcr

import llmvcr
from llmvcr.storage import load
from llmvcr.taps import Call, Dial
from taps.paced import Paced

_URL = "http://made-up.invalid/"


class _Silent:
    """A recorder that leaves all traffic alone."""

    def call(self, _request: object) -> Call:
        return Call()

    def dial(self, _request: object) -> Dial:
        return Dial()


def _attributes(lib: Any) -> list[Any]:
    owners = ("HTTPTransport", "AsyncHTTPTransport", "WSGITransport", "ASGITransport", "MockTransport")
    names = ("handle_request", "handle_async_request")
    return [vars(getattr(lib, owner)).get(name) for owner in owners for name in names]


def _wsgi(_environ: Any, start: Callable[..., Any]) -> Iterator[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    yield b"one "
    yield b"two"


async def _asgi(_scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"one ", "more_body": True})
    await send({"type": "http.response.body", "body": b"two"})


def _fail(_request: Any) -> Any:
    raise AssertionError("the transport was asked on replay")


def test_wsgi(lib: Any, tmp_path: Path) -> None:
    """A WSGI application is recorded and replayed like a server."""
    with llmvcr.use_cassette(tmp_path / "c.yaml"), lib.Client(transport=lib.WSGITransport(_wsgi)) as client:
        assert client.get(_URL).text == "one two"
    broken = lib.WSGITransport(_fail)
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"), lib.Client(transport=broken) as client:
        assert client.get(_URL).text == "one two"


def test_asgi(lib: Any, tmp_path: Path) -> None:
    """An ASGI application is recorded and replayed like a server."""

    async def get(application: Any) -> str:
        async with lib.AsyncClient(transport=lib.ASGITransport(application)) as client:
            answer = await client.get(_URL)
            return str(answer.text)

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert asyncio.run(get(_asgi)) == "one two"
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert asyncio.run(get(_fail)) == "one two"


def test_mock_sync(lib: Any, tmp_path: Path) -> None:
    """A MockTransport is recorded and replayed like a server."""
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml"),
        lib.Client(transport=lib.MockTransport(lambda _request: lib.Response(200, json={"a": 1}))) as client,
    ):
        assert client.get(_URL).json() == {"a": 1}
    with (
        llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"),
        lib.Client(transport=lib.MockTransport(_fail)) as client,
    ):
        assert client.get(_URL).json() == {"a": 1}


def test_mock_async(lib: Any, tmp_path: Path) -> None:
    """A MockTransport under an async client too."""

    async def get(handler: Any) -> Any:
        async with lib.AsyncClient(transport=lib.MockTransport(handler)) as client:
            answer = await client.get(_URL)
            return answer.json()

    with llmvcr.use_cassette(tmp_path / "c.yaml"):
        assert asyncio.run(get(lambda _request: lib.Response(200, json={"a": 1}))) == {"a": 1}
    with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode="none"):
        assert asyncio.run(get(_fail)) == {"a": 1}


def test_mock_compressed(lib: Any, tmp_path: Path) -> None:
    """A compressed answer of a MockTransport, which the library has unpacked already, still unpacks on replay."""
    packed = gzip.compress(b'{"a": 1}', mtime=0)
    headers = {"content-encoding": "gzip"}
    for mode, handler in (
        ("once", lambda _request: lib.Response(200, headers=headers, content=packed)),
        ("none", _fail),
    ):
        transport = lib.MockTransport(handler)
        with llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode), lib.Client(transport=transport) as client:
            assert client.get(_URL).json() == {"a": 1}
    assert load(tmp_path / "c.yaml").interactions[0].response.body == packed


def test_mock_stream(lib: Any, tmp_path: Path) -> None:
    """A MockTransport that answers with a stream keeps its pieces."""
    transport = lib.MockTransport(lambda _request: lib.Response(200, content=iter([b"one", b"two"])))
    for mode in ("once", "none"):
        with (
            llmvcr.use_cassette(tmp_path / "c.yaml", record_mode=mode),
            lib.Client(transport=transport) as client,
            client.stream("GET", _URL) as answer,
        ):
            assert list(answer.iter_raw()) == [b"one", b"two"]


def test_transports_are_restored(lib: Any, server: Paced, tmp_path: Path) -> None:
    """Cassettes one after the other leave every transport as it was, also when the test between them fails."""
    server.steps = [b"x"]
    before = _attributes(lib)
    for number in range(2):
        with llmvcr.use_cassette(tmp_path / f"{number}.yaml"):
            assert _attributes(lib) != before
            lib.get(verify=False, url=server.url)
        assert _attributes(lib) == before
    with pytest.raises(ZeroDivisionError), llmvcr.use_cassette(tmp_path / "3.yaml"):
        1 / 0  # noqa: B018 - the error is the point
    assert _attributes(lib) == before


def test_transports_are_restored_after_a_failed_save(lib: Any, server: Paced, tmp_path: Path) -> None:
    """They are as they were at once, too, when the cassette cannot be saved."""
    server.steps = [b"x"]
    before = _attributes(lib)
    context = llmvcr.use_cassette(tmp_path / "taken.yaml")
    context.__enter__()
    lib.get(verify=False, url=server.url)
    (tmp_path / "taken.yaml").mkdir()
    with pytest.raises(llmvcr.WriteError) as caught:
        context.__exit__(None, None, None)
    assert _attributes(lib) == before
    assert "taken.yaml" in str(caught.value)


def test_innermost_hears(lib: Any, server: Paced, tmp_path: Path) -> None:
    """Of two open cassettes the inner one hears a call, once; after it the outer one hears again."""
    server.steps = [b"x"]
    with llmvcr.use_cassette(tmp_path / "outer.yaml") as outer:
        lib.get(verify=False, url=server.url + "1")
        with llmvcr.use_cassette(tmp_path / "inner.yaml") as inner:
            lib.get(verify=False, url=server.url + "2")
        lib.get(verify=False, url=server.url + "3")
    assert [request.path for request in outer.requests] == ["/1", "/3"]
    assert [request.path for request in inner.requests] == ["/2"]


@pytest.mark.parametrize("ours_inside", [True, False])
def test_beside_vcrpy(lib: Any, server: Paced, tmp_path: Path, *, ours_inside: bool) -> None:
    """A plain cassette of vcrpy's over ours, or under it, does not hear what the inner one hears."""
    server.steps = [b"x"]
    ours, plain = llmvcr.use_cassette(tmp_path / "ours.yaml"), vcr.use_cassette(str(tmp_path / "plain.yaml"))
    with plain if ours_inside else ours as outer, ours if ours_inside else plain as inner:
        lib.get(verify=False, url=server.url)
    assert (len(outer), len(inner)) == (0, 1)
    assert len(server.bodies) == 1


def test_patched_transport(lib: Any, server: Paced, tmp_path: Path) -> None:
    """Somebody else's patch on a transport, no plain function even, is called in place of the real method."""
    seen = []

    def handle(transport: Any, request: Any, real: Any) -> Any:
        seen.append(str(request.url))
        return real(transport, request)

    server.steps = [b"x"]
    patched = functools.partialmethod(handle, real=lib.HTTPTransport.handle_request)
    with mock.patch.object(lib.HTTPTransport, "handle_request", patched), llmvcr.use_cassette(tmp_path / "c.yaml") as c:
        lib.get(verify=False, url=server.url)
    assert (seen, len(c)) == ([server.url], 1)


def test_mocked_transport(lib: Any, tmp_path: Path) -> None:
    """A transport method that is a Mock is recorded like any other, called as Python would."""
    answer = mock.Mock(side_effect=lambda request: lib.Response(200, text=f"mocked {request.method}"))
    patch = mock.patch.object(lib.HTTPTransport, "handle_request", answer)
    with patch, llmvcr.use_cassette(tmp_path / "c.yaml") as c:
        text = lib.get(verify=False, url=_URL).text
    assert text == "mocked GET"
    assert (answer.call_count, len(c)) == (1, 1)


def test_skipped(lib: Any, server: Paced, tmp_path: Path) -> None:
    """A library that `skip_patchers` names is left alone."""
    server.steps = [b"x"]
    with llmvcr.use_cassette(tmp_path / "c.yaml", skip_patchers=(lib.__name__,)) as cassette:
        lib.get(verify=False, url=server.url)
    assert len(cassette) == 0
