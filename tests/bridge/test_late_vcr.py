"""vcrpy's patches and its YAML come when something asks for them, and find the libraries as they were."""

from __future__ import annotations

import http.client
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import vcr
import vcr.patch

import llmvcr
from bridge.counting import Counting
from llmvcr.bridge.late_vcr import LATE, PATCHERS
from llmvcr.bridge.patching import KNOWN

_HEAVY = ("aiohttp", "botocore", "httplib2", "httpx", "requests", "tornado", "unittest.mock", "urllib3", "yaml")

_START = f"""
import sys
import llmvcr
url = sys.argv[1] + "/"

def heavy():
    return sorted(set({_HEAVY!r}) & set(sys.modules))

def by_urllib():
    from urllib.request import ProxyHandler, build_opener
    return build_opener(ProxyHandler({{}})).open(url + "by_urllib").read()

def by_httpx():
    import httpx
    return httpx.get(url + "by_httpx", trust_env=False).content

def by_httpx2():
    import httpx2
    return httpx2.get(url + "by_httpx2", trust_env=False).content

def by_requests():
    import requests
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url + "by_requests").content

def by_urllib3():
    import urllib3
    return urllib3.PoolManager().request("GET", url + "by_urllib3").data

def by_aiohttp():
    import aiohttp, asyncio
    async def ask():
        async with aiohttp.ClientSession() as session, session.get(url + "by_aiohttp") as response:
            return await response.read()
    return asyncio.run(ask())

WAYS = [by_urllib, by_httpx, by_httpx2, by_requests, by_urllib3, by_aiohttp]
"""


def _ran(code: str, server: Counting, folder: Path) -> str:
    """What a new Python prints that runs `code`."""
    command = [sys.executable, "-c", _START + code, server.url]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_cassette_brings_no_library(server: Counting, tmp_path: Path) -> None:
    """A cassette that replays brings neither an HTTP library nor PyYAML, and one that records PyYAML alone."""
    code = """
with llmvcr.use_cassette("c.yaml", record_mode="once"):
    by_httpx2()
print(heavy())
"""
    assert _ran(code, server, tmp_path) == "['yaml']"
    assert _ran(code, server, tmp_path) == "[]"
    assert len(server.seen) == 1


def test_each_library_is_heard_when_it_comes(server: Counting, tmp_path: Path) -> None:
    """What is imported while a cassette is open is recorded and replayed, each request once."""
    code = """
with llmvcr.use_cassette("c.yaml") as cassette:
    light = heavy() == []
    for way in WAYS: way()
    print(light, len(cassette), cassette.play_count)
"""
    assert _ran(code, server, tmp_path) == "True 6 0"
    assert _ran(code, server, tmp_path) == "True 6 6"
    assert sorted(seen.path for seen in server.seen) == sorted(
        f"/by_{name}" for name in ("aiohttp", "httpx", "httpx2", "requests", "urllib", "urllib3")
    )


@pytest.mark.parametrize("imported", ["", "for way in WAYS[:-1]: way()\n"])
@pytest.mark.parametrize("ours", ["outer", "inner"])
def test_beside_a_plain_cassette(server: Counting, tmp_path: Path, ours: str, imported: str) -> None:
    """A plain cassette of vcrpy's in ours, or round it, knows the libraries as they were; the inner one hears."""
    # But for aiohttp, the last: there a plain cassette's stub stands above our tap, so that both hear.
    code = f"""
llmvcr.VCR  # from here on vcrpy is there, without its patches
import vcr
{imported}
def opened(name):
    return (llmvcr if name == {ours!r} else vcr).use_cassette(name + ".yaml")

with opened("outer") as outer:
    with opened("inner") as inner:
        for way in WAYS[:-1]: way()
    counts = len(outer), len(inner)
    for way in WAYS[:-1]: way()
print(*counts, len(outer), len(inner))
import http.client, httpx, vcr.patch
for name in ("_HTTPConnection", "_HTTPSConnection", "_HttpxHttpTransport_handle_request"):
    print(getattr(vcr.patch, name).__module__)
print(http.client.HTTPConnection.__module__, httpx.HTTPTransport.handle_request.__module__)
for way in WAYS[:-1]: way()
"""
    said = _ran(code, server, tmp_path).splitlines()
    assert said[0] == "0 5 5 5"
    assert said[1:] == [
        "http.client",
        "http.client",
        "httpx._transports.default",
        "http.client httpx._transports.default",
    ]
    assert len(server.seen) == (20 if imported else 15)


def test_a_wall_stands_where_the_patches_come(server: Counting, tmp_path: Path) -> None:
    """What a cassette leaves alone reaches the server through vcrpy's stubs, also where its patches come only then."""
    code = """
with llmvcr.use_cassette("c.yaml", record_mode="none", ignore_localhost=True):
    assert "requests" not in sys.modules
    print(by_urllib())
    import vcr.patch
    print("requests" in sys.modules, vcr.patch.force_reset.__module__)
print(vcr.patch.force_reset.__module__)
with llmvcr.use_cassette("c.yaml", record_mode="none", ignore_localhost=True):
    print(by_urllib())
"""
    first, brought, after, second = _ran(code, server, tmp_path).splitlines()
    assert (first[:7], brought.split()[0], second[:7]) == ('b\'{"n":', "True", 'b\'{"n":')
    assert "vcr.patch" in (after, brought.split()[1])
    assert len(server.seen) == 2


def test_the_modules_are_what_they_would_be(server: Counting, tmp_path: Path) -> None:
    """Whoever looks into a module that comes late finds its source, its classes, and no name that it does not have."""
    code = f"""
llmvcr.VCR
import inspect, vcr
from importlib import import_module
for name in {sorted(LATE)!r}:
    module = import_module(name)
    assert not hasattr(module, "__path__") and "__getattr__" in vars(module)
    print(name, inspect.getsource(module)[:9].split()[0], heavy() == [])
from vcr.serializers import yamlserializer
assert yamlserializer.deserialize(yamlserializer.serialize({{"a": 1}})) == {{"a": 1}}
from vcr.serialize import serialize
assert serialize.__module__ == "vcr.serialize" or serialize({{"requests": [], "responses": []}}, yamlserializer)
class Mine(vcr.patch.CassettePatcherBuilder): pass
assert vcr.VCR(skip_patchers=["httpx"]).skip_patchers == ("httpx",)
for asked in (lambda: vcr.VCR(skip_patchers=["no_such"]), lambda: vcr.patch.no_such):
    try: asked()
    except (ValueError, AttributeError) as error: print(type(error).__name__, str(error)[:40])
print("__getattr__" in vars(vcr.patch), type(vcr.patch.__loader__).__name__, type(vcr.patch.__spec__.loader).__name__)
"""
    assert _ran(code, server, tmp_path).splitlines() == [
        'vcr.patch """Utilit True',
        "vcr.serialize import True",
        "vcr.serializers.yamlserializer from True",
        "ValueError Unknown patcher(s) in skip_patchers: no_",
        "AttributeError module 'vcr.patch' has no attribute 'no_",
        "False SourceFileLoader SourceFileLoader",
    ]


def test_threads_bring_a_module_once(server: Counting, tmp_path: Path) -> None:
    """Threads that ask for the patches at once get the same, whole."""
    code = """
llmvcr.VCR
import threading, vcr
from concurrent.futures import ThreadPoolExecutor
together = threading.Barrier(8)
def ask(_):
    together.wait(10)
    return vcr.patch.CassettePatcherBuilder, vcr.patch.PATCHER_NAMES, vcr.patch.reset_patchers
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(ask, range(8)))))
"""
    assert _ran(code, server, tmp_path) == "1"


def test_what_was_imported_before_stays(server: Counting, tmp_path: Path) -> None:
    """Where the application has imported vcrpy itself, it is as it was, and its cassettes and ours work."""
    code = """
from vcr.patch import CassettePatcherBuilder
import vcr
with llmvcr.use_cassette("c.yaml") as cassette:
    for way in WAYS: way()
print(vcr.cassette.CassettePatcherBuilder is CassettePatcherBuilder, "__getattr__" in vars(vcr.patch), len(cassette))
"""
    assert _ran(code, server, tmp_path).split() == ["True", "False", "6"]


def test_the_patchers_that_are_known_are_those_of_vcrpy() -> None:
    """The version of vcrpy that is installed is one whose patchers we know by name, and has no others."""
    assert vcr.__version__.startswith(KNOWN)
    assert set(vcr.patch.PATCHER_NAMES) == PATCHERS


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_cassettes_close_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    """http.client asks one of the cassettes that are open, and is what it was when the last has closed."""
    before = http.client.HTTPConnection, http.client.HTTPSConnection
    opened = [llmvcr.use_cassette(tmp_path / f"{number}.yaml") for number in range(3)]
    cassettes = [one.__enter__() for one in opened]
    for number in order:
        assert http.client.HTTPConnection.cassette in cassettes  # type: ignore[attr-defined]
        opened[number].__exit__(None, None, None)
        cassettes[number] = None
    assert (http.client.HTTPConnection, http.client.HTTPSConnection) == before


def test_http_client_is_left_alone_where_it_is_skipped(tmp_path: Path) -> None:
    """A cassette that has vcrpy skip `httplib` patches nothing in http.client."""
    before = http.client.HTTPConnection
    with llmvcr.use_cassette(tmp_path / "c.yaml", skip_patchers=("httplib",)):
        assert http.client.HTTPConnection is before


@pytest.mark.parametrize("name", ["httplib2", "urllib3"])
def test_a_library_of_http_client_is_made_of_the_real_one(server: Counting, tmp_path: Path, name: str) -> None:
    """What comes with a cassette makes its classes of http.client's; calls of other threads are heard meanwhile."""
    if name == "httplib2":  # which vcrpy alone knows, so that its patches come when the cassette opens
        (tmp_path / "httplib2.py").write_text(
            "from http.client import HTTPConnection, HTTPSConnection\n"
            "class HTTPConnectionWithTimeout(HTTPConnection): pass\n"
            "class HTTPSConnectionWithTimeout(HTTPSConnection): pass\n"
            "SCHEME_TO_CONNECTION = {'http': HTTPConnectionWithTimeout, 'https': HTTPSConnectionWithTimeout}\n",
            encoding="utf-8",
        )
    code = f"""
import http.client, threading
sys.path.insert(0, ".")
real = http.client.HTTPConnection
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "urllib3.connectionpool":
            asking.start()
def ask():
    try: by_urllib()
    except (llmvcr.Miss, llmvcr.MissAbort): print("missed")
asking = threading.Thread(target=ask)
llmvcr.VCR
sys.meta_path.insert(0, Finder())
with llmvcr.use_cassette("c.yaml", record_mode="none"):
    import urllib3.connection, {name}
    asking.join(10)
made = urllib3.connection.HTTPConnection, getattr(sys.modules.get("httplib2"), "HTTPConnectionWithTimeout", None)
print([one.__bases__[0] is real for one in made if one], http.client.HTTPConnection is real)
"""
    said = _ran(code, server, tmp_path).splitlines()
    assert said == ["missed", f"[{', '.join(['True'] * (2 if name == 'httplib2' else 1))}] True"]
    assert server.seen == []


@pytest.mark.parametrize("name", ["httpx", "httpx2", "urllib3", "aiohttp"])
def test_a_library_that_comes_anew_is_heard(server: Counting, tmp_path: Path, name: str) -> None:
    """A library that was taken out of sys.modules and imported again is heard as before."""
    code = f"""
for number in range(2):
    for held in [held for held in sys.modules if held.partition(".")[0] == {name!r}]:
        del sys.modules[held]
    with llmvcr.use_cassette("c.yaml", record_mode="once" if not number else "none"):
        by_{name}()
"""
    _ran(code, server, tmp_path)
    assert len(server.seen) == 1


@pytest.mark.parametrize("name", ["httpx", "httpx2", "urllib3", "aiohttp"])
def test_a_stand_in_of_somebody_is_left_alone(server: Counting, tmp_path: Path, name: str) -> None:
    """What somebody has put into sys.modules in the place of a library is not patched, and keeps no cassette shut."""
    code = f"""
import types
sys.modules[{name!r}] = types.ModuleType({name!r})
with llmvcr.use_cassette("c.yaml") as cassette:
    by_{"httpx" if name == "httpx2" else "httpx2"}()
print(len(cassette))
"""
    assert _ran(f"llmvcr.VCR\nimport vcr.patch\nvcr.patch.PATCHER_NAMES\n{code}", server, tmp_path) == "1"


def test_an_import_that_is_under_way(server: Counting, tmp_path: Path) -> None:
    """A cassette that opens while another thread imports a library waits for its end, and hears it."""
    code = """
import threading
llmvcr.VCR
began, opening = threading.Event(), threading.Event()
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "urllib3.connectionpool":
            began.set()
            opening.wait(10)
sys.meta_path.insert(0, Finder())
importing = threading.Thread(target=__import__, args=["urllib3"])
importing.start()
began.wait(10)
threading.Timer(0.1, opening.set).start()
with llmvcr.use_cassette("c.yaml") as cassette:
    by_urllib3()
importing.join(10)
print(len(cassette))
"""
    assert _ran(code, server, tmp_path) == "1"


def test_a_plain_cassette_that_closes_late_leaves_no_stub_behind(tmp_path: Path) -> None:
    """Where vcrpy puts back the stub of a cassette that is closed by then, it goes with the last one of ours."""
    before = http.client.HTTPConnection
    first, second = (llmvcr.use_cassette(tmp_path / f"{number}.yaml") for number in range(2))
    plain = vcr.use_cassette(str(tmp_path / "plain.yaml"))
    for one in (first, second, plain):
        one.__enter__()
    for one in (second, plain, first):
        one.__exit__(None, None, None)
    assert http.client.HTTPConnection is before
