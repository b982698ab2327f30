"""Walls: real sockets to a listener on loopback, which other names lead to as well."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection
from typing import Any

import aiohttp
import anyio
import httpcore
import httpcore2
import pytest
import urllib3
from pytest_recording import network

from llmvcr.errors import NetworkBlockedAbort, NetworkBlockedError
from llmvcr.interaction import Request
from llmvcr.walls import Wall, Walls, is_passing, passing

OPENAI = "api.openai.com"
NAMES = (OPENAI, "eu.api.openai.com", "recorded.example", "other.example")
PATCHED = (
    *((socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "socketpair")),
    *((socket.socket, name) for name in ("connect", "connect_ex", "sendto", "sendmsg")),
    *((ssl.SSLContext, name) for name in ("wrap_socket", "wrap_bio")),
    (asyncio.BaseEventLoop, "getaddrinfo"),
)


class Listener:
    """A socket that listens on loopback and says whether anyone came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0)
        self.port: int = self._socket.getsockname()[1]

    def visits(self) -> int:
        """Count who has connected since the last time."""
        for count in itertools.count():
            try:
                visitor, _ = self._socket.accept()
            except BlockingIOError:
                return count
            visitor.close()
        raise AssertionError

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener, closed at the end."""
    made = Listener()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few names lead to this machine, as a name server might."""
    real, by_name = socket.getaddrinfo, socket.gethostbyname

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host  # anyio's are bytes
        return real("127.0.0.1" if name in NAMES else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "gethostbyname", lambda host: "192.0.2.1" if host in NAMES else by_name(host))


def wall(*urls: str, body: bytes = b"", **options: Any) -> Wall:
    """The wall of a cassette in which these URLs are recorded."""
    return Wall("cassettes/made_up.yaml", lambda: [Request("POST", url, (), body) for url in urls], **options)


def standing(*walls: Wall | None) -> contextlib.AbstractContextManager[None]:
    """Have these walls stand, of cassettes that are open side by side where there are several."""
    return Walls(lambda: walls).standing()


@contextlib.contextmanager
def stopped(because: str) -> Iterator[None]:
    """See our error, by itself or in the group that anyio makes of what happens while it tries addresses."""
    with pytest.raises((NetworkBlockedError, ExceptionGroup)) as caught:
        yield
    error: BaseException = caught.value
    while isinstance(error, ExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, NetworkBlockedError)
    assert error.because == because


def _create_connection(host: str, port: int) -> None:
    socket.create_connection((host, port)).close()


def _socket(method: str) -> Callable[[str, int], None]:
    def connect(host: str, port: int) -> None:
        with socket.socket() as made:
            getattr(made, method)((host, port))

    return connect


def _gethostbyname(host: str, port: int) -> None:
    with socket.socket() as made:
        made.connect((socket.gethostbyname(host), port))


def _udp(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"made up", (host, port))


def _http_client(host: str, port: int) -> None:
    connection = HTTPConnection(host, port)  # the class itself, which no recorder has replaced yet
    try:
        connection.connect()
    finally:
        connection.close()


def _urllib3(host: str, port: int) -> None:
    with urllib3.HTTPConnectionPool(host, port, retries=False) as pool:
        pool.request("GET", "/")


def _pool(library: Any) -> Callable[[str, int], None]:
    def ask(host: str, port: int) -> None:
        with library.ConnectionPool() as pool:
            pool.request("GET", f"http://{host}:{port}/")

    return ask


def _async_pool(library: Any) -> Callable[[str, int], None]:
    async def ask(host: str, port: int) -> None:
        async with library.AsyncConnectionPool() as pool:
            await pool.request("GET", f"http://{host}:{port}/")

    return lambda host, port: asyncio.run(ask(host, port))


def _streams(host: str, port: int) -> None:
    async def connect() -> None:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()

    asyncio.run(connect())


def _datagrams(host: str, port: int) -> None:
    async def connect() -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(host, port)
        )
        transport.close()

    asyncio.run(connect())


def _anyio(host: str, port: int) -> None:
    async def connect() -> None:
        await (await anyio.connect_tcp(host, port)).aclose()

    asyncio.run(connect())


def _aiohttp(host: str, port: int) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://{host}:{port}/")

    asyncio.run(ask())


WAYS: tuple[tuple[str, Callable[[str, int], None]], ...] = (
    ("create_connection", _create_connection),
    ("connect", _socket("connect")),
    ("connect_ex", _socket("connect_ex")),
    ("udp", _udp),
    ("http.client", _http_client),
    ("urllib3", _urllib3),
    ("httpcore", _pool(httpcore)),
    ("httpcore2", _pool(httpcore2)),
    ("httpcore async", _async_pool(httpcore)),
    ("httpcore2 async", _async_pool(httpcore2)),
    ("asyncio streams", _streams),
    ("asyncio datagrams", _datagrams),
    ("anyio", _anyio),
    ("aiohttp", _aiohttp),
)
EVERY_WAY = pytest.mark.parametrize("way", [way for _, way in WAYS], ids=[name for name, _ in WAYS])


@EVERY_WAY
def test_no_way_leads_to_a_host_of_a_provider(way: Callable[[str, int], None], listener: Listener) -> None:
    """Whichever library connects, the error is ours, unwrapped, and nobody arrives."""
    with (
        standing(wall()),
        pytest.raises(NetworkBlockedError, match=r"^Network is disabled for host 'api\.openai\.com'"),
    ):
        way(OPENAI, listener.port)
    assert listener.visits() == 0


@EVERY_WAY
def test_an_error_that_aborts_is_wrapped_by_nobody(way: Callable[[str, int], None], listener: Listener) -> None:
    """Where misses abort, the error of a provider's host is no Exception, and comes out of every library as it is."""
    with standing(wall(abort=True)), pytest.raises(NetworkBlockedAbort, match="provider openai") as caught:
        way(OPENAI, listener.port)
    assert (caught.value.blocked.host, caught.value.blocked.port) == (OPENAI, listener.port)
    assert listener.visits() == 0


@EVERY_WAY
def test_no_way_leads_to_a_recorded_address(way: Callable[[str, int], None], listener: Listener) -> None:
    """A server of this machine that is recorded is stopped by its port, under whichever of its names."""
    with standing(wall(f"http://localhost:{listener.port}/v1/models")):
        with stopped("it is a host of this cassette"):
            way("127.0.0.1", listener.port)
        with stopped("it is a host of this cassette"):
            way("localhost", listener.port)
    assert listener.visits() == 0


def test_an_address_is_known_by_the_name_that_was_looked_up(listener: Listener) -> None:
    """Looking up a name without a port is a question that is answered; connecting to the answer is stopped."""
    with standing(wall()):
        assert socket.getaddrinfo(OPENAI, None)
        with pytest.raises(NetworkBlockedError, match=OPENAI):
            _gethostbyname(OPENAI, listener.port)


@pytest.mark.parametrize(
    ("host", "stopped"),
    [
        ("recorded.example", True),
        ("RECORDED.example.", True),
        ("other.example", False),
        ("eu.api.openai.com", True),
        ("api.openai.com.other.example", False),
        ("bedrock-runtime.eu-west-1.amazonaws.com", True),
        ("s3.eu-west-1.amazonaws.com", False),
    ],
)
def test_hosts_are_told_apart_by_their_names(host: str, *, stopped: bool) -> None:
    """Stopped are hosts of the cassette and of the providers' rows, spelt as they may be; all others pass."""
    assert bool(wall("https://recorded.example/v1").stops([host], 443)) is stopped


@pytest.mark.parametrize(
    ("port", "stopped"), [(443, True), (80, True), (8443, False), (None, True)], ids=["same", "web", "other", "any"]
)
def test_a_recorded_host_is_known_by_its_port(port: int | None, *, stopped: bool) -> None:
    """A database beside the recorded server passes; the web's two ports are one."""
    assert bool(wall("https://recorded.example/v1").stops(["recorded.example"], port)) is stopped


def test_ollama_is_known_by_its_port_on_every_host() -> None:
    """A provider's row may name a port alone."""
    error = wall().stops(["gpu.example"], 11434)
    assert isinstance(error, NetworkBlockedError)
    assert "provider ollama" in error.because


def test_a_server_of_the_test_itself_passes(listener: Listener) -> None:
    """What is on this machine and not recorded is reached, by its address and by its name."""
    with standing(wall("http://127.0.0.1:1/v1")):
        for host in ("127.0.0.1", "localhost", "other.example"):
            for way in (_create_connection, _streams, _anyio):
                way(host, listener.port)
                assert listener.visits() == 1


def test_a_heard_call_passes(listener: Listener) -> None:
    """Inside `passing` every wall is open, also to the thread in which asyncio looks names up."""
    with standing(wall(everything=True)):
        with passing():
            _create_connection(OPENAI, listener.port)
            _streams(OPENAI, listener.port)
            _anyio(OPENAI, listener.port)
            assert listener.visits() == 3
        assert not is_passing()
        with pytest.raises(NetworkBlockedError):
            _create_connection(OPENAI, listener.port)
    assert listener.visits() == 0


@pytest.mark.parametrize(
    "options",
    [
        {"allowed": [r"api\.openai"]},
        {"allowed": ["other", r"ap.*\.com$"]},
        {"allowed": [r"127\.0\.0\.1"]},
        {"ignored": [OPENAI]},
        {"ignored": [re.compile(r"api\..*")]},
    ],
    ids=["allowed", "allowed of several", "allowed address", "ignored", "ignored pattern"],
)
@pytest.mark.parametrize("everything", [False, True], ids=["cassette", "all"])
def test_what_the_user_names_passes(options: dict[str, Any], listener: Listener, *, everything: bool) -> None:
    """allowed_hosts and ignore_hosts let a host through by its name, and by its address as pytest-recording does."""
    with standing(wall(everything=everything, **options)):
        _create_connection(OPENAI, listener.port)
        _streams(OPENAI, listener.port)
        assert listener.visits() == 2
        if "127" not in str(options):
            with pytest.raises(NetworkBlockedError):
                _create_connection("eu.api.openai.com", 11434)


@pytest.mark.parametrize("look_up", [_create_connection, _streams], ids=["socket", "asyncio"])
def test_a_name_that_nobody_knows_is_stopped_all_the_same(look_up: Callable[[str, int], None]) -> None:
    """Without a network, the error says what is the matter, not that the name has no address."""
    with standing(wall(allowed=["10[.]"], ignored=["127.0.0.1"])):
        with pytest.raises(NetworkBlockedError):
            look_up("us.api.openai.com", 443)
        with pytest.raises(OSError, match="other host"):
            look_up("an.other host", 443)


def test_an_allowed_expression_is_read_from_the_beginning() -> None:
    """As in pytest-recording, a regular expression matches where the host begins."""
    assert wall(allowed=["openai"]).stops([OPENAI], 443)
    with pytest.raises(re.error):
        wall(allowed=["("])


@EVERY_WAY
def test_all_stops_every_host(way: Callable[[str, int], None], listener: Listener) -> None:
    """With `all` nothing is reached that is not named, this machine's own servers included."""
    with standing(wall(everything=True)):
        for host in ("other.example", "127.0.0.1", "localhost"):
            with stopped("llmvcr_block_network is 'all'"):
                way(host, listener.port)
    assert listener.visits() == 0


def test_all_leaves_the_inside_of_a_process_alone(listener: Listener) -> None:
    """Under `all` event loops, pairs of sockets and servers are made as ever, and a named one is reached."""

    async def serve() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "localhost", 0)
        server.close()
        await server.wait_closed()

    with standing(wall(everything=True, allowed=["localhost", "127"])):
        for pair in socket.socketpair():
            pair.close()
        asyncio.run(serve())
        _create_connection("localhost", listener.port)
    assert listener.visits() == 1


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets in its file system")
def test_all_leaves_sockets_in_the_file_system_alone(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is no host."""
    monkeypatch.chdir(tmp_path)
    with standing(wall(everything=True)), socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as one:
        server.bind("made_up")
        server.listen()
        one.connect("made_up")
        visitor, _ = server.accept()
        with visitor:
            assert visitor.family == socket.AF_UNIX


def test_a_tunnel_is_known_by_the_name_inside() -> None:
    """A proxy may be reached, but TLS to a host of the cassette does not begin behind it."""
    context = ssl.create_default_context()
    with standing(wall()):
        with pytest.raises(NetworkBlockedError, match=OPENAI):
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=OPENAI)
        here, there = socket.socketpair()
        with here, there, pytest.raises(NetworkBlockedError, match=OPENAI):
            context.wrap_socket(here, server_hostname=OPENAI)
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="other.example")
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="127.0.0.1")


@pytest.mark.parametrize(
    ("walls", "stopped"),
    [([wall()], True), ([], False), ([None], False), ([wall(), None], False), ([wall(), wall()], True)],
    ids=["one", "none open", "recording", "recording beside it", "both"],
)
def test_a_wall_stops_only_what_is_its_own(walls: Sequence[Wall | None], listener: Listener, *, stopped: bool) -> None:
    """A call that may belong to a cassette without a wall passes, while the wall of another stands."""
    with standing(*walls):
        if stopped:
            with pytest.raises(NetworkBlockedError):
                _create_connection(OPENAI, listener.port)
        else:
            _create_connection(OPENAI, listener.port)


def test_a_thread_is_stopped_too(listener: Listener) -> None:
    """A thread has no context of its maker's; the walls are asked all the same."""
    errors: list[NetworkBlockedError] = []

    def run() -> None:
        try:
            _create_connection(OPENAI, listener.port)
        except NetworkBlockedError as error:
            errors.append(error)

    with standing(wall()):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert [error.host for error in errors] == [OPENAI]


def test_only_hosts_of_llms_abort(listener: Listener) -> None:
    """A recorded host of other traffic raises where a recorded host of LLM calls aborts."""
    chat = wall(
        f"http://localhost:{listener.port}/v1/chat/completions", body=b'{"model": "m", "messages": []}', abort=True
    )
    other = wall(f"http://localhost:{listener.port}/weather", abort=True)
    for one, kind in ((chat, NetworkBlockedAbort), (other, NetworkBlockedError)):
        with standing(one), pytest.raises(kind):
            _create_connection("localhost", listener.port)


def test_the_error_says_where_and_why_and_what_to_do() -> None:
    """Host, port, cassette and reason stand in it, and the ways out; it can be copied, so sent elsewhere, too."""
    error = wall().stops([OPENAI], 443)
    assert isinstance(error, NetworkBlockedError)
    assert isinstance(error, RuntimeError)
    assert not isinstance(error, OSError)
    assert str(error) == (
        "Network is disabled for host 'api.openai.com', port 443: it is a host of the provider openai.\n"
        "The record mode is none, and the cassette cassettes/made_up.yaml was not asked: the connection was made by a "
        "client that llmvcr does not hear, or outside of its calls.\n"
        "How to fix:\n"
        "  * Make the request through a client that is heard (httpx, aiohttp, requests ...), and record it.\n"
        "  * If it belongs on the network, name the host in allowed_hosts or ignore_hosts.\n"
        "  * To let everything through, set llmvcr_block_network to 'off'."
    )
    again = copy.copy(error)
    assert (str(again), again.host, again.port) == (str(error), OPENAI, 443)
    abort = copy.copy(NetworkBlockedAbort(error))
    assert (str(abort), abort.blocked.host) == (str(error), OPENAI)


def test_nothing_is_patched_when_no_wall_stands() -> None:
    """After the last wall of several everything is as it was, also what a class had from its base."""

    def there() -> list[object]:
        return [owner.__dict__.get(name) for owner, name in PATCHED]

    before = there()
    walls = Walls(lambda: [wall()])
    first, second = walls.standing(), walls.standing()
    first.__enter__()
    second.__enter__()
    assert all(one is not other for one, other in zip(before, there(), strict=True))
    first.__exit__(None, None, None)
    assert all(one is not other for one, other in zip(before, there(), strict=True))
    second.__exit__(None, None, None)
    assert there() == before


@pytest.mark.parametrize("order", sorted(set(itertools.permutations("WWBB"))), ids="".join)
def test_walls_and_the_block_of_pytest_recording_come_and_go_in_any_order(
    order: Sequence[str], listener: Listener
) -> None:
    """Whichever was first and whichever is left first, each stops its own while it stands, and nothing afterwards."""
    walls, block = standing(wall()), network.blocking_context()
    standing_now: set[str] = set()
    for step in order:
        context: Any = walls if step == "W" else block
        if step in standing_now:
            context.__exit__(None, None, None)
            standing_now.remove(step)
        else:
            context.__enter__()
            standing_now.add(step)
        if "W" in standing_now:
            with pytest.raises(NetworkBlockedError):
                _create_connection(OPENAI, listener.port)
        if standing_now == {"B"}:
            with pytest.raises(RuntimeError, match="Network is disabled"):
                _socket("connect")("127.0.0.1", listener.port)
    _create_connection(OPENAI, listener.port)
    assert listener.visits() == 1


def test_a_patch_of_ours_that_somebody_puts_back_does_nothing(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test's own patch that outlives the wall leaves no more than a function that calls the real one."""
    with standing(wall()):
        monkeypatch.setattr(socket, "create_server", socket.create_server)
        monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
        mine = monkeypatch.context()
        inner = mine.__enter__()
        inner.setattr(socket, "getaddrinfo", lambda *_: [])
    mine.__exit__(None, None, None)
    _create_connection(OPENAI, listener.port)
    with standing(wall()), pytest.raises(NetworkBlockedError):
        _create_connection(OPENAI, listener.port)
    _create_connection(OPENAI, listener.port)
    assert listener.visits() == 2
