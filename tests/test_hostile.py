"""Files from a stranger: nothing runs, nothing is imported, and each is read or refused in bounded time and memory."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
import yaml

import llmvcr
from llmvcr import formats
from llmvcr.errors import ReadError, WriteError
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Json, Request, Response
from shared import LONG

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


def _deceiving(depth: int) -> bytes:
    deep = b'["]",' * depth + b"0" + b',"["]' * depth
    return _typed(0).replace(b": 0", b": " + deep)


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
    "deep lists in JSON, beside texts that seem to close them": (lambda: _deceiving(450), "too deep"),
    "very deep lists in JSON, beside texts that seem to close them": (lambda: _deceiving(DEEP), "too deep"),
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
    "headers of a tool's call that are no mapping": (
        lambda: json.dumps({"request": {"tool_name": "x", "headers": True}, "response": {"body": {}}}).encode(),
        "request.headers: is true or false, not an object",
    ),
    "a lone surrogate in a line of a stream": (
        lambda: json.dumps(
            {
                "request": {"method": "POST", "url": URL, "headers": {}, "body": {}},
                "response": {"body": ["data: \ud800"], "is_streaming": True},
            }
        ).encode(),
        "response.body[0]: holds a lone surrogate",
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
from llmvcr.formats import shelf  # what reading imports, whatever the file says
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


_DEEP = """
import contextlib, dataclasses, sys, threading
threading.stack_size({small})
from llmvcr import answers, conversation, formats, redaction, sdk_objects
from llmvcr.canonical import canonical
from llmvcr.errors import LlmvcrError
from llmvcr.formats.shelf import FORMATS
from llmvcr.index import Index
from llmvcr.normalizing import normalized
from llmvcr.viewing.entries import viewed

def work():
    (one,) = document = formats.read(sys.stdin.buffer.read(), path="file")
    Index([one.request]).nearest(one.request)
    Index([one.request]).take(dataclasses.replace(one.request, body=one.request.body + b" "))
    answers.drawn(one.request, one.response)
    conversation.read_call(one)
    redaction.redacted(one), redaction.find(one)
    normalized((), (one,), frozenset(("ids", "times")))
    viewed("file", document, lambda call: None)
    sdk_objects.objects(one)
    for known in FORMATS:
        with contextlib.suppress(LlmvcrError):
            formats.read(known.write(document, path="file"), path="file")[0].response.body
    print("done")
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("before", [b"", b"data: ", b'{"a": 1}\n'], ids=["JSON", "SSE", "NDJSON"])
def test_a_deep_body_on_a_small_stack(before: bytes) -> None:
    """Bodies that nest 9,000 levels deep are compared, told, redacted and written on a stack of 256 KiB."""
    deep = b"[" * 9000 + b"]" * 9000
    body = before + b'{"choices": [{"message": {"content": "x"}}], "x": ' + deep + b"}\n\n"
    asked = b'{"model": "m", "messages": [{"role": "user", "content": ' + deep + b"}]}"
    held = Interaction(Request("POST", URL, (), asked), Response(200, "OK", (), (body,)))
    code = _DEEP.format(small=SMALL)
    data = formats.by_name("yaml").write(Document((held,)), path="file")
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"done\n", b"")


_PACKED = """
import resource, sys
from pathlib import Path
from llmvcr import answers, conversation, formats, redaction, sdk_objects
from llmvcr.bridge.opening import check
from llmvcr.bridge.unpacking import unpacked
from llmvcr.canonical import canonical
from llmvcr.errors import LlmvcrError
from llmvcr.index import Index
warm = formats.read(Path("warm").read_bytes(), path="warm")[0]
redaction.redacted(warm), conversation.read_call(warm)  # imports and tables, once
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {memory},) * 2)
for number, name in enumerate(sys.argv[1:]):
    spent = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(spent.ru_utime + spent.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + {seconds}, resource.RLIM_INFINITY))
    (one,) = document = formats.read(Path(name).read_bytes(), path=name)
    canonical(one.request).key
    check(one, path=name, number=0)
    Index([one.request]).nearest(one.request)
    answers.drawn(one.request, one.response)
    conversation.read_call(one)
    redaction.redacted(one), redaction.find(one)
    try:
        sdk_objects.objects(one)
    except LlmvcrError as error:
        assert "too large" in str(error), error
    formats.by_name("json").write(document, path=name)
    assert unpacked(one.response) == (one.response, ""), name
print("done")
"""


def _answered(body: bytes, encoding: str, asked: bytes = b"{}") -> bytes:
    """A cassette of a packed answer, as a stranger may write it."""
    response = Response(200, "OK", (("content-type", "application/json"), ("content-encoding", encoding)), (body,))
    document = Document((Interaction(Request("POST", URL, (), asked), response),))
    return formats.by_name("yaml").write(document, path="file")


def _packers() -> dict[str, Callable[[bytes], bytes]]:
    """How a body is packed, by encoding; those of libraries that are installed beside the standard one's."""
    found = {"gzip": lambda data: gzip.compress(data, 1), "deflate": lambda data: zlib.compress(data, 1)}
    for encoding, module, options in (("br", "brotli", {"quality": 1}), ("zstd", "backports.zstd", {})):
        if importlib.util.find_spec(module.partition(".")[0]) is not None:
            found[encoding] = partial(importlib.import_module(module).compress, **options)
    return found


def _message(payload: bytes, says: int = 0) -> bytes:
    """A message of an AWS event stream, which may say that it is longer."""
    prelude = struct.pack(">II", says or 16 + len(payload), 0)
    told = prelude + struct.pack(">I", zlib.crc32(prelude)) + payload
    return told + struct.pack(">I", zlib.crc32(told))


ENDLESS = {
    "an event without end": b"data: " + b"x" * (4 << 20),
    "a line without end": b'{"a": 1}\n{"a": "' + b"x" * (4 << 20),
    "a message of two gigabytes": _message(b"{}") + _message(b"x" * 100, 2**31 - 1) + b"x" * (1 << 20),
    "messages that end in the midst": (_message(b'{"bytes": "e30="}') * 5_000)[:-9],
    "messages with wrong checksums": _message(b"{}") + (_message(b"{}")[:-1] + b"x") * 5_000,
}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limits are Linux's")
def test_bodies_that_are_bombs_or_never_end_are_left_as_they_are(tmp_path: Path) -> None:
    """Too much of anything, in each encoding or in none: seconds and 200 MB for all that is ever done with one."""
    size = 200 << 20 if LONG else 80 << 20
    plain = {"zeros": bytes(size)}
    if LONG:
        plain |= {"JSON": b'{"id": [' + b" " * size + b"]}", "events": b"data: {}\n\n" * (size // 10)}
    files: dict[str, bytes] = {}
    for encoding, pack in _packers().items():
        bombs = {name: pack(data) for name, data in plain.items()}
        files |= {f"{encoding} of {name}": _answered(bomb, encoding) for name, bomb in bombs.items()}
        files[f"{encoding}, asked"] = _answered(b"{}", "", bombs["zeros"])
    key = "sk-proj-" + hashlib.shake_128(b"").hexdigest(40_000).title()
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in key)
    files["a key without end"] = _answered(b"{}", "", f'{{"api_key": "{key}", "said": "{escaped}"}}'.encode())
    files |= {name: _answered(body, "") for name, body in ENDLESS.items()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "warm").write_bytes(_answered(b'{"object": "list"}', ""))
    code = _PACKED.format(memory=MEMORY, seconds=SECONDS)
    done = subprocess.run([sys.executable, "-c", code, *files], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"done\n", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need rights there")
def test_a_working_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    """A repository may hold one, and what is written there would be written elsewhere; to replay is no matter."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / ".llmvcr").symlink_to("../elsewhere")
    path = tmp_path / "tests" / "c.yaml"
    answer = httpx.MockTransport(lambda _: httpx.Response(200, text="yes"))
    with (
        pytest.raises(WriteError, match=r"\.llmvcr: is a link[^$]*what was recorded is kept in") as caught,
        llmvcr.use_cassette(path, record_mode="once"),
        httpx.Client(transport=answer) as client,
    ):
        client.get("http://127.0.0.1:9/a")
    kept = Path(re.findall(r"is kept in (\S+\.json)", str(caught.value))[0])
    path.write_bytes(kept.read_bytes())
    kept.unlink()
    with llmvcr.use_cassette(path, record_mode="none"):
        assert httpx.get("http://127.0.0.1:9/a").text == "yes"
    assert list((tmp_path / "elsewhere").iterdir()) == []


FRAMES = {"status": {"code": 101, "message": ""}, "llmvcr": {"version": 1, "frames": [{"received": "a"}]}}


def _frames(frame: Json) -> Json:
    return {**FRAMES, "llmvcr": {"version": 1, "frames": [{"received": "a"}, frame]}}


UNPLAYABLE: dict[str, tuple[Json, str]] = {
    "a status that is no answer": ({"status": {"code": 100, "message": "Continue"}}, "response.status"),
    "another such": ({"status": {"code": 199, "message": ""}}, "response.status"),
    "half a byte in a header": ({"headers": {"a": ["\udce9"]}}, "response.headers"),
    "half a byte in the reason": ({"status": {"code": 200, "message": "\udce9"}}, "response.status.message"),
    "a message that is no text": (_frames({"sent": "\ud800"}), "response.llmvcr.frames[1].sent"),
    "a message of no side": (_frames({"ms": 1}), "response.llmvcr.frames[1]"),
    "a message that is no base64": (_frames({"sent": {"base64": "%"}}), "response.llmvcr.frames[1].sent.base64"),
    "a message in the year 33658": (_frames({"sent": "a", "ms": 1e15}), "response.llmvcr.frames[1].ms"),
    "a reason that is no text": (
        _frames({"received": {"close": 1000, "reason": "\ud800"}}),
        "response.llmvcr.frames[1].received.reason",
    ),
    "a reason that is too long": (
        _frames({"received": {"close": 1000, "reason": "a" * 124}}),
        "response.llmvcr.frames[1].received.reason",
    ),
    "a code that is none": (_frames({"received": {"close": 1}}), "response.llmvcr.frames[1].received.close"),
}


@pytest.mark.parametrize("kind", UNPLAYABLE)
def test_what_no_client_could_be_served_is_named_when_it_is_opened(kind: str, tmp_path: Path) -> None:
    """The second of two interactions, by its number and place, whatever is asked later; nothing is asked here."""
    changes, place = UNPLAYABLE[kind]
    url = "wss://api.openai.com/v1/realtime" if "frames" in place else "http://127.0.0.1:9/a"
    asked: dict[str, Json] = {"method": "GET", "uri": url, "headers": {}, "body": None}
    good = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "yes"}}
    held = [
        {"request": {**asked, "uri": "http://127.0.0.1:9/a"}, "response": good},
        {"request": asked, "response": good | changes},
    ]
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"version": 1, "interactions": held}), encoding="utf-8")
    with pytest.raises(ReadError) as caught, llmvcr.use_cassette(path, record_mode="none"):
        pass
    assert (caught.value.path, caught.value.interaction, caught.value.place) == (str(path), 1, place)


def test_null_where_a_typed_cassette_may_say_nothing_says_nothing() -> None:
    """The status, the reason, the method and the rest are then what the recording itself says."""
    nothing = {"status": None, "reason": None, "headers": None, "request": {"method": None, "url": None}}
    data = _typed({}, status=None, llmvcr={"version": 1, **nothing})
    (one,) = formats.read(data, path="file")
    assert (one.request.method, one.request.url) == ("POST", URL)
    assert (one.response.status, one.response.reason, one.response.body) == (200, "OK", b"{}")


@pytest.mark.parametrize("text", ["[" * 301, '{"a": [' * 160], ids=["brackets", "JSON"])
def test_brackets_in_a_text_of_yaml_in_one_line_are_no_depth(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """YAML that begins with a brace is no JSON: where the depth of JSON is told by its text, that of YAML is not."""
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "x"}}
    asked = {"method": "POST", "uri": URL, "headers": {}, "body": text}
    held = {"interactions": [{"request": asked, "response": answer}], "version": 1}
    data = yaml.safe_dump(held, default_flow_style=True, width=10**6).encode()
    assert data.startswith(b"{interactions:")
    monkeypatch.setattr("llmvcr.wire.nesting._UNWATCHED", True)
    (one,) = formats.read(data, path="file")
    assert one.request.body == text.encode()
    for deep in (b'{ "a":' * 400, b"[" * 400, b'\xef\xbb\xbf\n{"a":' * 400):
        with pytest.raises(ReadError, match="is nested too deep"):
            formats.read(deep, path="file")
