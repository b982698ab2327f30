"""What an aiohttp session does by itself, it does on recorded answers as on real ones, and no connection is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from llmvcr.storage import load
from taps.story import Session, plain, told


async def _redirecting(request: web.Request) -> web.StreamResponse:
    if request.path == "/":
        return web.Response(status=307, headers={"Location": "/two"}, text="over there")
    if request.path == "/two":
        answer = web.Response(status=303, headers={"Location": "/three"})
        answer.set_cookie("seen", "two")
        return answer
    return web.json_response({"method": request.method, "cookies": dict(request.cookies)})


def test_redirects(tmp_path: Path) -> None:
    """Each hop is one interaction; history, method, URL and cookies come out of a replay as live."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.post(url, data=b"q") as answer:
                said = await answer.json()
                hops = [(one.status, one.url.path, one.method) for one in (*answer.history, answer)]
            return said, hops, [cookie.value for cookie in session.cookie_jar]

    said, hops, jar = told(_redirecting, story, tmp_path)
    assert said == {"method": "GET", "cookies": {"seen": "two"}}
    assert hops == [(307, "/", "POST"), (303, "/two", "POST"), (200, "/three", "GET")]
    assert jar == ["two"]
    assert len(load(tmp_path / "c.yaml").interactions) == 3


def test_redirect_of_a_generator(tmp_path: Path) -> None:
    """A body that can be read only once is not sent again after a redirect, with us as without."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"q"

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session:
            with pytest.raises(aiohttp.ClientPayloadError) as caught:
                await session.post(url, data=parts())
            return str(caught.value)

    assert "consumed" in told(_redirecting, story, tmp_path)


def test_no_redirects(tmp_path: Path) -> None:
    """A redirect that is not to be followed is an answer like another."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session, session.post(url, data=b"q", allow_redirects=False) as answer:
            return answer.status, answer.headers["Location"], await answer.text()

    assert told(_redirecting, story, tmp_path) == (307, "/two", "over there")


@pytest.mark.parametrize("status", [200, 204, 304, 404, 429, 500, 529])
def test_statuses(status: int, tmp_path: Path) -> None:
    """Status, reason and headers, those that are repeated too, come out of a replay as live; so does the body."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session, session.get(f"{url}{status}") as answer:
            lines = [line for line in answer.headers.items() if line[0] not in ("Date", "retry-after-ms")]
            return answer.status, answer.reason, lines, await answer.read(), answer.ok, answer.version

    said = told(plain, story, tmp_path)
    assert said[0] == status
    assert [value for name, value in said[2] if name == "X-Twice"] == ["a", "b"]


def test_head(tmp_path: Path) -> None:
    """An answer to HEAD has a length and no body."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session, session.head(url) as answer:
            return answer.headers.get("Content-Length"), await answer.read()

    assert told(plain, story, tmp_path)[1] == b""


@pytest.mark.parametrize("place", ["session", "call", "by hand"])
def test_raise_for_status(place: str, tmp_path: Path) -> None:
    """An error status raises where it was asked for, and is recorded all the same."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session(raise_for_status=place == "session") as session:
            with pytest.raises(aiohttp.ClientResponseError) as caught:
                async with session.get(f"{url}404", raise_for_status=True if place == "call" else None) as answer:
                    answer.raise_for_status()
            return caught.value.status, caught.value.message, str(caught.value.request_info.url)

    assert told(plain, story, tmp_path)[:2] == (404, "Not Found")


@pytest.mark.parametrize("once", [True, False])
def test_expect_100(once: bool, tmp_path: Path) -> None:  # noqa: FBT001 - two cases
    """A client that waits for the server's leave before it sends its body gets it, live and on replay."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(body=await request.read())

    async def parts() -> AsyncIterator[bytes]:
        yield b"made "
        yield b"up"

    async def story(url: str, open_session: Session) -> Any:
        body = parts() if once else b"made up"
        async with open_session() as session, session.post(url, data=body, expect100=True) as answer:
            return await answer.read()

    assert told(handle, story, tmp_path) == b"made up"


def test_authentication(tmp_path: Path) -> None:
    """Credentials in the URL are sent and recorded as the header that aiohttp makes of them."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session() as session, session.get(url.replace("//", "//made:up@")) as answer:
            return answer.headers["X-Auth"]

    assert told(plain, story, tmp_path) == "Basic bWFkZTp1cA=="


def test_middleware(tmp_path: Path) -> None:
    """A middleware's own calls and changes are heard, as they are below it."""

    async def again(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        request.headers["Authorization"] = "Bearer made-up"
        answer = await handler(request)
        if answer.status == 429:
            answer.release()
            request.url = request.url.with_path("/200")
            answer = await handler(request)
        return answer  # type: ignore[no-any-return]

    async def story(url: str, open_session: Session) -> Any:
        async with open_session(middlewares=(again,)) as session, session.get(f"{url}429") as answer:
            return answer.status, answer.headers["X-Auth"]

    assert told(plain, story, tmp_path) == (200, "Bearer made-up")
    assert [one.response.status for one in load(tmp_path / "c.yaml").interactions] == [429, 200]


def test_traces(tmp_path: Path) -> None:
    """Traces see a replayed call as they see a real one, but for the connection that is not made."""

    async def story(url: str, open_session: Session) -> Any:
        seen: list[str] = []
        config = aiohttp.TraceConfig()

        def note(name: str) -> Any:
            async def noted(*_: Any) -> None:
                seen.append(name)

            return noted

        for name in (
            "request_start",
            "request_headers_sent",
            "request_chunk_sent",
            "response_chunk_received",
            "request_end",
        ):
            getattr(config, f"on_{name}").append(note(name))
        async with open_session(trace_configs=[config]) as session, session.post(url, data=b"q") as answer:
            await answer.read()
        return seen

    assert "request_chunk_sent" in told(plain, story, tmp_path)


class _OwnResponse(aiohttp.ClientResponse):
    async def shout(self) -> str:
        return (await self.text()).upper()


def test_response_class(tmp_path: Path) -> None:
    """A session's own response class is what a replay gives, too."""

    async def story(url: str, open_session: Session) -> Any:
        async with open_session(response_class=_OwnResponse) as session, session.get(url) as answer:
            assert isinstance(answer, _OwnResponse)
            return await answer.shout()

    assert told(plain, story, tmp_path) == "A"
