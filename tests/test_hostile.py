"""Files from a stranger: nothing runs, nothing is imported, and each is read or refused in bounded time and memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from llmvcr.interaction import Json

MEMORY = 200 << 20
"""Beyond what Python and our modules take by themselves, in bytes."""

SECONDS = 2
"""Of the processor, for starting Python, too; RLIMIT_CPU counts whole seconds."""

URL = "https://api.openai.com/v1/chat/completions"
_PART = "\n    ".join(["method: POST", f"uri: {URL}", "headers: {}", "body: "])
_YAML = (
    f"interactions:\n- request:\n    {_PART}'{{}}'\n  response:\n    status: {{code: 200, message: OK}}\n"
    "    headers: {}\n    body: {string: %s}\nversion: 1\n"
)


def _yaml(body: str) -> bytes:
    return (_YAML % body).encode("utf-8", "surrogatepass")


def _json(item: Json) -> bytes:
    return json.dumps({"version": 1, "interactions": [item]}).encode()


def _typed(data: Json = None, **more: Json) -> bytes:
    request = {"method": "POST", "url": URL, "headers": {}, "body": {}}
    return _json({"request": request, "response": {"body": data, **more}})


def _aliases() -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(rows) + "\n"


def _merges() -> str:
    rows = ["b0: &b0 {" + ", ".join(f"k{n}: x" for n in range(2000)) + "}"]
    rows += [f"b{n}: &b{n} {{<<: [{', '.join([f'*b{n - 1}'] * 30)}]}}" for n in range(1, 40)]
    return "\n".join(rows) + "\n"


def _exception(message: str) -> bytes:
    response = {"body": None, "is_exception": True, "exception_data": {"status_code": 400, "message": message}}
    return json.dumps(
        {"request": {"method": "POST", "url": URL, "headers": {}, "body": {}}, "response": response}
    ).encode()


HEAD = b"interactions:\n"
DEEP = 100_000
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    # A part of the message of the error, or "" for a file that is read as it is.
    "an alias bomb": (lambda: HEAD + _aliases().encode(), "by aliases|well-formed"),
    "a merge bomb": (lambda: HEAD + _merges().encode(), "by aliases|well-formed"),
    "an alias to itself": (lambda: b"interactions: &a [*a]\n", "not whole at that point"),
    "a base-60 number": (lambda: _yaml("1" + ":59" * 200_000), ""),
    "a number of 600,000 digits in YAML": (lambda: _yaml("9" * 600_000), ""),
    "a number of 600,000 digits in JSON": (
        lambda: _typed({"a": 0}).replace(b" 0}", b" " + b"9" * 600_000 + b"}"),
        "number",
    ),
    "a status of 600,000 digits": (lambda: _yaml("x").replace(b"200", b"9" * 600_000), "response.status"),
    "deep lists in YAML": (lambda: HEAD + b"- " + b"[" * DEEP, "deeper than 200"),
    "deep mappings in YAML": (lambda: HEAD + b"- " + b"{a: " * DEEP, "deeper than 200"),
    "deep blocks in YAML": (lambda: HEAD + b"- " * 30_000, "deeper than 200"),
    "deep lists in JSON": (lambda: _typed(0).replace(b": 0", b": " + b"[" * DEEP + b"]" * DEEP), "too deep"),
    "deep objects in JSON": (lambda: _typed(0).replace(b": 0", b": " + b'{"a":' * 450 + b"1" + b"}" * 450), "too deep"),
    "deep lists in TOML": (lambda: b"[[interactions]]\na = " + b"[" * DEEP, "file"),
    "a deep repr in an exception": (lambda: _exception("Error code: 400 - " + "[" * 5000 + "]" * 5000), ""),
    "a repr of many signs": (lambda: _exception("Error code: 400 - " + "-" * 50_000 + "1"), ""),
    "a repr of many sums": (lambda: _exception("Error code: 400 - " + "1+" * 50_000 + "1"), ""),
    "the same key twice in YAML": (lambda: _yaml("x") + b"interactions: []\n", "twice"),
    "NUL in YAML": (lambda: _yaml("x") + b"\0", "well-formed"),
    "NUL in JSON": (lambda: _typed() + b"\0", "no JSON"),
    "invalid UTF-8 in YAML": (lambda: _yaml("x") + b"# \xff\xfe\n", "well-formed"),
    "invalid UTF-8 in JSON": (lambda: _typed("x").replace(b'"x"', b'"\xff"'), "not UTF-8"),
    "a lone surrogate in YAML": (lambda: _yaml("\ud800"), "well-formed"),
    "lone surrogates in JSON": (lambda: _typed({"a": "\ud800"}), ""),
    "lone surrogates in a tool's name": (
        lambda: json.dumps(
            {"request": {"tool_name": "\ud800", "provider": "\udfff"}, "response": {"body": {}}}
        ).encode(),
        "",
    ),
    "a payload without a method": (
        lambda: json.dumps({"request": {"payload": {}}, "response": {"body": {}}}).encode(),
        "request.url: is missing",
    ),
    "a request that is null": (lambda: b"version: 2\ninteractions:\n- request:\n  response: {}\n", "version"),
    "a tag that runs": (lambda: _yaml("!!python/object/apply:os.system ['touch ran']"), "tag"),
    "a tag that makes an object": (lambda: _yaml("!!python/object/new:subprocess.Popen [[touch, ran]]"), "tag"),
    "a module's name": (lambda: _yaml("!!python/module:antigravity ''"), "tag"),
    "a gzip bomb": (lambda: gzip.compress(bytes(200 << 20), 1), "file"),
    "a gzip bomb that begins as a cassette": (lambda: gzip.compress(HEAD + b" " * (200 << 20), 1), "unpacks to more"),
    "gzip members without end": (lambda: gzip.compress(HEAD) * 50_000, "twice"),
    "a cut gzip": (lambda: gzip.compress(_yaml("x"))[:-9], "end is missing"),
    "a zlib bomb": (lambda: zlib.compress(b"--- \nhttp_interactions:\n" + b" " * (200 << 20), 1), "file"),
    "endless events": (lambda: _yaml(json.dumps("data: x\n\n" * 150_000)), ""),
    "an event without end": (lambda: _yaml(json.dumps("data: " + "x" * 4_000_000)), ""),
    "comments without end": (lambda: _yaml(json.dumps(":\n" * 1_000_000)), ""),
}

_CHILD = """
import resource, sys
from llmvcr import formats
from llmvcr.bridge.opening import check
from llmvcr.canonical import canonical
from llmvcr.errors import ReadError
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {memory},) * 2)
data = sys.stdin.buffer.read()
spent = resource.getrusage(resource.RUSAGE_SELF)
spent = int(spent.ru_utime + spent.ru_stime) + 1
resource.setrlimit(resource.RLIMIT_CPU, (spent + {seconds},) * 2)
before = set(sys.modules)
try:
    document = formats.read(data, path="file")
    for number, one in enumerate(document):
        canonical(one.request).key
        check(one, path="file", number=number)
    print("read")
except ReadError as error:
    print(error)
known = sys.stdlib_module_names | {{"llmvcr"}}
strange = [name for name in set(sys.modules) - before if name.split(".")[0] not in known]
assert not strange, strange
assert "antigravity" not in sys.modules
"""


def _limited(data: bytes, folder: Path) -> str:
    """Read a file in a process that may take no more than so much; gives what it said."""
    code = _CHILD.format(memory=MEMORY + len(data), seconds=SECONDS)
    done = subprocess.run([sys.executable, "-c", code], input=data, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limits are Linux's")
@pytest.mark.parametrize("make, message", FILES.values(), ids=FILES.keys())  # noqa: PT006 - one table
def test_a_hostile_file_is_read_or_refused_within_bounds(
    make: Callable[[], bytes], message: str, tmp_path: Path
) -> None:
    """A documented error or what it says, within 200 MB and seconds of the processor; nothing runs or is written."""
    said = _limited(make(), tmp_path)
    if message:
        assert said != "read\n"
        assert any(part in said for part in message.split("|"))
    else:
        assert said == "read\n"
    assert list(tmp_path.iterdir()) == []


SMALL = 256 * 1024
"""The stack of a thread, in bytes, that some programs give their threads."""


@pytest.mark.parametrize("name", [name for name in FILES if "deep" in name or "repr" in name])
def test_a_small_stack_does_not_overflow(name: str) -> None:
    """The same on a thread whose stack is 256 KiB, in a process of its own, which an overflow would kill."""
    code = (
        f"import sys, threading\nthreading.stack_size({SMALL})\nfrom llmvcr import formats\n"
        "from llmvcr.errors import ReadError\ndata = sys.stdin.buffer.read()\n"
        "def work():\n    try:\n        formats.read(data, path='file')\n    except ReadError:\n        pass\n"
        "    print('done')\nthread = threading.Thread(target=work)\nthread.start()\nthread.join()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=FILES[name][0](), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"done\n", b"")
