"""llmvcr_block_network in a user's project: what is stopped under none, what passes, and what the report says."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import pytest

from plugin.suite import LATER_PARALLEL, Suite

_OPENAI = "api.openai.com"

_UNHEARD = """
import asyncio, http.client, os, socket, threading
from http.client import HTTPConnection
from urllib.parse import urlsplit
import httpcore, httpcore2, httpx2

SERVER = urlsplit(os.environ["MADE_UP_SERVER"])


def by_httpcore(host=SERVER.hostname):
    with httpcore.ConnectionPool() as pool:
        return pool.request("GET", f"http://{host}:{SERVER.port}/unheard").status

def by_httpcore2(host=SERVER.hostname):
    with httpcore2.ConnectionPool() as pool:
        return pool.request("GET", f"http://{host}:{SERVER.port}/unheard").status

def by_httpcore_async(host=SERVER.hostname):
    async def ask():
        async with httpcore.AsyncConnectionPool() as pool:
            return (await pool.request("GET", f"http://{host}:{SERVER.port}/unheard")).status
    return asyncio.run(ask())

def by_http_client(host=SERVER.hostname):
    connection = HTTPConnection(host, SERVER.port)  # the class as it was when this module was imported
    try:
        connection.request("GET", "/unheard")
        return connection.getresponse().status
    finally:
        connection.close()

def by_socket(host=SERVER.hostname):
    with socket.create_connection((host, SERVER.port)) as made:
        made.sendall(b"GET /unheard HTTP/1.1\\r\\nHost: made.up\\r\\nConnection: close\\r\\n\\r\\n")
        return int(made.makefile("rb").readline().split()[1])

def by_streams(host=SERVER.hostname):
    async def ask():
        reader, writer = await asyncio.open_connection(host, SERVER.port)
        writer.write(b"GET /unheard HTTP/1.1\\r\\nHost: made.up\\r\\nConnection: close\\r\\n\\r\\n")
        line = await reader.readline()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        return int(line.split()[1])
    return asyncio.run(ask())

WAYS = by_httpcore, by_httpcore2, by_httpcore_async, by_http_client, by_socket, by_streams
"""

_EVERY_WAY = """
from unheard import WAYS

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.vcr
def test_it(way):
    assert way({host!r}) == 200
"""


@pytest.fixture
def unheard(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A project with six ways to the server that llmvcr does not hear, where OpenAI's name leads to it as well."""
    real = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.1" if host in {_OPENAI, _OPENAI.encode()} else host, *args, **kwargs)  # anyio's are bytes

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    suite.pytester.makepyfile(unheard=_UNHEARD)
    return suite


def _paths(suite: Suite) -> list[str]:
    return [seen.path for seen in suite.server.seen]


def test_a_provider_is_not_reached_under_none(unheard: Suite) -> None:
    """Six clients that are not heard are stopped; the report names host and cassette; nothing stays patched."""
    places = (
        *((socket, "getaddrinfo"), (socket.socket, "connect")),
        *((ssl.SSLContext, "wrap_bio"), (asyncio.BaseEventLoop, "getaddrinfo")),
    )
    before = [owner.__dict__.get(name) for owner, name in places]
    unheard.tests(_EVERY_WAY.format(host=_OPENAI))
    result = unheard.run(failed=6)
    text = result.stdout.str()
    said = "errors.NetworkBlockedAbort: Network is disabled for host 'api.openai.com', port "
    assert text.count(f"E           llmvcr.{said}") + text.count(f"E   llmvcr.{said}") == 6
    assert "cassettes/test_it/test_it[by_httpcore2].yaml was not asked" in text
    assert "How to fix:" in text
    assert _paths(unheard) == []
    assert [owner.__dict__.get(name) for owner, name in places] == before


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_modes_that_record_stop_nothing(mode: str, unheard: Suite) -> None:
    """Where something may be recorded, what is not heard goes to the network as ever."""
    unheard.tests(_EVERY_WAY.format(host=_OPENAI))
    unheard.run(f"--record-mode={mode}", passed=6)
    assert _paths(unheard) == ["/unheard"] * 6


@LATER_PARALLEL
def test_a_recorded_server_is_not_reached_under_none(workers: tuple[str, ...], unheard: Suite) -> None:
    """The host of a recorded call is known, one of this machine by its port; what is heard is replayed beside it."""
    unheard.tests("""
from unheard import WAYS
import llmvcr

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.vcr
def test_it(way, record_mode):
    assert get("/plain")
    if record_mode == "none":
        with pytest.raises(BaseException, match="host of this cassette|unhandled errors in a TaskGroup"):
            way()
    assert ask(way.__name__).endswith(way.__name__)
""")
    unheard.run("--record-mode=once", *workers, passed=6)
    asked = len(_paths(unheard))
    unheard.run(*workers, passed=6)
    assert len(_paths(unheard)) == asked


def test_a_server_of_the_test_passes(unheard: Suite) -> None:
    """A local server that is in no cassette is reached under none, and so is everything from a test without a mark."""
    unheard.tests("""
from unheard import WAYS

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.vcr
def test_it(way):
    assert way() == 200

def test_unmarked():
    assert WAYS[0]("api.openai.com") == 200
""")
    unheard.run(passed=7)


@pytest.mark.parametrize(
    ("ini", "mark", "arguments"),
    [
        ("", "ignore_hosts=['api.openai.com', '127.0.0.1']", ()),
        ("", "allowed_hosts=[r'api\\.openai']", ()),
        ("", "allowed_hosts='other.example,api.openai.com'", ()),
        ("", "llmvcr_block_network='off'", ()),
        ("llmvcr_block_network = off", "", ()),
        ("", "", ("--allowed-hosts=other.example,api.openai",)),
        ("llmvcr_block_network = all", "allowed_hosts=['api.openai.com', '127']", ()),
        ("llmvcr_block_network = all", "ignore_hosts=['api.openai.com'], ignore_localhost=True", ()),
    ],
    ids=["ignored", "allowed", "commas", "off by mark", "off by ini", "command line", "all, allowed", "all, ignored"],
)
def test_what_the_user_names_passes(ini: str, mark: str, arguments: tuple[str, ...], unheard: Suite) -> None:
    """ignore_hosts, allowed_hosts and `off` open the wall, from wherever they come."""
    unheard.ini(ini)
    unheard.tests(_EVERY_WAY.format(host=_OPENAI).replace("mark.vcr", f"mark.vcr({mark})"))
    unheard.run(*arguments, passed=6)
    assert _paths(unheard) == ["/unheard"] * 6


def test_allowed_hosts_of_pytest_recordings_own_places(unheard: Suite) -> None:
    """The mark block_network and vcr_config say which hosts are allowed, also while pytest-recording blocks."""
    unheard.tests("""
from unheard import by_httpcore

@pytest.fixture
def vcr_config(request):
    return {"allowed_hosts": ["api.openai", "127"]} if "config" in request.node.name else {}

@pytest.mark.vcr
@pytest.mark.block_network(allowed_hosts=["api.openai", "127"])
def test_mark():
    assert by_httpcore("api.openai.com") == 200

@pytest.mark.vcr
@pytest.mark.block_network
def test_config():
    assert by_httpcore("api.openai.com") == 200
""")
    unheard.run(passed=2)


def test_beside_block_network(unheard: Suite) -> None:
    """With --block-network our error names what is the cassette's business; all else is pytest-recording's to stop."""
    unheard.tests("""
from unheard import SERVER, by_socket
import llmvcr, socket

@pytest.mark.vcr
def test_ours():
    with pytest.raises(llmvcr.NetworkBlockedAbort):
        by_socket("api.openai.com")

@pytest.mark.vcr
def test_theirs():
    with socket.socket() as made, pytest.raises(RuntimeError, match="^Network is disabled for host '127.0.0.1'$"):
        made.connect(("127.0.0.1", SERVER.port))

@pytest.mark.vcr(llmvcr_miss="raise")
def test_one_kind_of_error():
    with pytest.raises(RuntimeError, match="^Network is disabled for host"):
        by_socket("api.openai.com")
""")
    unheard.run("--block-network", passed=3)
    assert _paths(unheard) == []


def test_all(unheard: Suite) -> None:
    """With `all` no host is reached that is not named, and event loops run as ever."""
    unheard.ini("llmvcr_block_network = all", "llmvcr_miss = raise")
    unheard.tests("""
from unheard import WAYS
import asyncio, llmvcr

@pytest.mark.vcr
def test_it():
    asyncio.run(asyncio.sleep(0))
    for way in WAYS:
        with pytest.raises((llmvcr.NetworkBlockedError, ExceptionGroup)):
            way()
""")
    unheard.run(passed=1)
    assert _paths(unheard) == []


def test_what_a_hook_drops_passes(unheard: Suite) -> None:
    """A heard call that `before_record_request` leaves alone goes to the network, a call beside it does not."""
    unheard.tests("""
from unheard import by_socket
import asyncio, urllib.request
import aiohttp, httpx2, llmvcr, requests

SERVER = "http://api.openai.com:" + __import__("os").environ["MADE_UP_SERVER"].rpartition(":")[2]

async def ask_async():
    async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
        assert (await client.get(SERVER + "/v1/files")).status_code == 200
    async with aiohttp.ClientSession() as session, session.get(SERVER + "/v1/files") as answer:
        assert answer.status == 200

def drop(request):
    return None if "/v1/files" in request.uri else request

@pytest.mark.vcr(before_record_request=drop)
def test_it():
    assert httpx2.get(SERVER + "/v1/files", verify=False, trust_env=False).status_code == 200
    with urllib.request.urlopen(SERVER + "/v1/files") as answer:
        assert answer.status == 200
    with requests.get(SERVER + "/v1/files") as answer:
        assert answer.status_code == 200
    asyncio.run(ask_async())
    with pytest.raises(llmvcr.NetworkBlockedAbort):
        by_socket("api.openai.com")
    with pytest.raises(llmvcr.MissAbort):
        httpx2.get(SERVER + "/v1/models", verify=False, trust_env=False)
""")
    unheard.run(passed=1)
    assert _paths(unheard) == ["/v1/files"] * 5


def test_a_cassette_that_records_inside_of_one_that_does_not(unheard: Suite) -> None:
    """The innermost cassette decides: while it records, what is heard and what is not pass the outer one's wall."""
    unheard.tests("""
from unheard import by_socket
import llmvcr

@pytest.mark.vcr(llmvcr_miss="raise")
def test_it(tmp_path):
    with llmvcr.use_cassette(tmp_path / "inner.yaml") as inner:
        assert ask("one")
        assert by_socket("api.openai.com") == 200
    assert len(inner) == 1
    with pytest.raises(llmvcr.NetworkBlockedError):
        by_socket("api.openai.com")
""")
    unheard.run(passed=1)


def test_without_pytest_walls_stand_when_asked_for(unheard: Suite) -> None:
    """`use_cassette` blocks nothing by default, and what it is told by option."""
    unheard.tests("""
from unheard import by_socket
import llmvcr

def test_it(tmp_path):
    with llmvcr.use_cassette(tmp_path / "a.yaml", record_mode="none"):
        assert by_socket("api.openai.com") == 200
    with llmvcr.use_cassette(tmp_path / "a.yaml", record_mode="none", llmvcr_block_network="cassette"):
        with pytest.raises(llmvcr.NetworkBlockedError, match="a.yaml was not asked"):
            by_socket("api.openai.com")
    assert by_socket("api.openai.com") == 200
""")
    unheard.run(passed=1)


def test_other_values_are_refused_by_name(unheard: Suite) -> None:
    """A value that the option does not have, or an expression that is none, is an error before the test."""
    unheard.tests("""
@pytest.mark.vcr(llmvcr_block_network=True)
def test_value():
    pass

@pytest.mark.vcr(allowed_hosts=["("])
def test_expression():
    pass
""")
    result = unheard.run(errors=2)
    text = result.stdout.str()
    assert "llmvcr_block_network is 'cassette', 'all' or 'off', not True" in text
    assert "allowed_hosts: '(' is no regular expression" in text
    unheard.ini("llmvcr_block_network = yes")
    result = unheard.start()
    assert "ini option llmvcr_block_network is cassette or all or off, not 'yes'" in result.stderr.str()
