"""Whatever a command is given, it ends with one of its exit codes and a reason, never in a traceback."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmvcr.cli import COMMANDS, main
from shared import CASSETTES, LONG

NAMES = [command.__name__.rpartition(".")[2] for command in COMMANDS]
MANY = 40 if LONG else 1
"""How many damaged copies of each sample are tried."""

# How each command is given a file; `{}` stands for it.
ON_A_FILE = {
    "check": [["{}"], ["{}", "--types", "--max-age", "1d", "--json"]],
    "convert": [["{}", "out", "--to", "json", "--force"], ["{}", "--to", "yaml", "--check"], ["{}", "--check-names"]],
    "diff": [["{}", "{}"], ["{}#0", "{}#1", "--json"]],
    "lint": [["{}", "--jobs", "1"], ["{}", "--traces", "--json", "--jobs", "1"]],
    "merge": [["{}", "{}", "{}", "-o", "out.yaml"], ["{}", "a.json", "a.json", "-o", "out.yaml", "--json"]],
    "prune": [["{}"], ["{}", "--json"]],
    "recover": [["{}"], ["{}", "--dry-run", "--json"]],
    "redact": [["{}", "--dry-run", "--jobs", "1"]],
    "rules": [["--provider", "{}"]],
    "show": [["{}"], ["{}", "--raw"], ["{}", "--json"]],
    "stats": [["{}"], ["{}", "--json"]],
    "view": [["{}", "-o", "page.html"], ["{}", "--json"]],
}
BAD = {
    "empty.yaml": b"",
    "blank.json": b" \n",
    "bytes.yaml": bytes(range(256)),
    "nothing.yaml": b"interactions: []\nversion: 1\n",
    "null.yaml": b"interactions: [null]\nversion: 1\n",
    "cut.yaml": b"interactions:\n- request:\n    method: POST\n    uri: 'http",
    "deep.yaml": b"interactions: " + b"[" * 30_000,
    "deep.json": b'{"version": 1, "interactions": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "list.json": b"[1, 2, 3]",
    "wrong.json": b'{"version": 1, "interactions": {"request": 1}}',
    "number.json": b'{"version": 1, "interactions": [' + b"9" * 5000 + b"]}",
    "nan.json": b'{"request": {"method": NaN, "url": Infinity}, "response": {"body": -Infinity}}',
    "halves.json": rb'{"request": {"method": "\ud800", "url": "\udfff", "body": {}}, "response": {"body": "\ud800"}}',
    "tag.yaml": b"interactions: [!!python/object/apply:os.system [echo]]\nversion: 1\n",
    "alias.yaml": b"a: &a [x, x]\nb: &b [*a, *a]\ninteractions: [*b, *b]\nversion: 1\n",
    "packed.yaml.gz": gzip.compress(b"interactions: [", mtime=0)[:-9],
    "esc\x1b[2J.yaml": b"interactions: [",
    "latin.yaml": b"interactions:\n- request: {method: GET, uri: \xe9}\n",
}
ARGUMENTS = [
    ["\0"],
    ["x" * 5000],
    ["\udcff"],
    ["-"],
    ["--"],
    [""],
    ["no such file"],
    ["{circle}"],
    ["{folder}"],
    ["{file}", "{file}", "{file}"],
    ["{file}", "--no-such-option"],
    ["{file}", "--json", "--json"],
    ["{file}#99999999999999999999"],
    ["{file}#0", "{folder}"],
    ["--jobs", "-1"],
    ["--jobs", "9" * 5000],
    ["--max-age", "999999w", "{file}"],
    ["--interaction", "-1", "{file}"],
    ["--name", "", "{file}"],
    ["--shape", "(", "{file}"],
    ["--to", "yaml", "{file}", "{folder}/file/under"],
    ["--report", "{folder}", "--to", "yaml", "{file}"],
    ["--provider", ""],
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in an empty folder, and hears of what nobody thought of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLMVCR_TRACEBACK", raising=False)


def _ends_well(*argv: str) -> None:
    out, err = io.BytesIO(), io.BytesIO()
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(out, "utf-8", "strict", write_through=True)),
        contextlib.redirect_stderr(io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True)),
    ):
        code = main(argv)
        printed, said = out.getvalue(), err.getvalue().decode()
    assert code in (0, 1, 2), f"{argv}: {said}"
    assert b"\x1b" not in printed + said.encode(), f"{argv}: steers the terminal"
    assert "Traceback" not in said
    assert code != 2 or said, f"{argv}: nothing is said"


@pytest.mark.parametrize("name", NAMES)
def test_bad_files(name: str) -> None:
    """Empty, cut, deep, hostile and foreign files, each by itself and all in one folder."""
    Path("in").mkdir()
    for file, data in BAD.items():
        Path("in", file).write_bytes(data)
    for arguments in ON_A_FILE[name]:
        for file in [*(f"in/{file}" for file in BAD), "in"]:
            _ends_well(name, *(one.replace("{}", file) for one in arguments))
    assert {file: Path("in", file).read_bytes() for file in BAD} == BAD


@pytest.mark.parametrize("name", NAMES)
def test_bad_arguments(name: str) -> None:
    """Names that cannot be, numbers that are none, options of other commands, folders for files and the reverse."""
    Path("folder").mkdir()
    shutil.copy(CASSETTES / "seeds" / "weather.json", "a.json")
    Path("folder/file").write_text("in the way")
    Path("circle").symlink_to("circle")
    places = {"{file}": "a.json", "{folder}": "folder", "{circle}": "circle"}
    for arguments in ARGUMENTS:
        given = arguments
        for place, path in places.items():
            given = [one.replace(place, path) for one in given]
        _ends_well(name, *given)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(name: str) -> None:
    """Copies of good files with bytes gone, changed and twice: read, or refused with a reason."""
    for number, data in enumerate(_damaged()):
        path = Path(f"{number}.yaml")
        path.write_bytes(data)
        for arguments in ON_A_FILE[name]:
            _ends_well(name, *(one.replace("{}", str(path)) for one in arguments))


def _damaged() -> Iterator[bytes]:
    chance = random.Random(8)  # noqa: S311 - no secret hangs on it
    samples = CASSETTES / "samples"
    for path in (samples / "chat_stream.yaml", samples / "errors.json", CASSETTES / "seeds" / "web_search.json"):
        data = path.read_bytes()
        for _ in range(MANY):
            one, other = sorted(chance.randrange(len(data)) for _ in range(2))
            yield data[:other]
            yield data[:one] + data[min(other, one + 40) :]
            yield data[:one] + bytes(chance.randrange(256) for _ in range(8)) + data[one + 8 :]
            yield data[:other] + data[one : one + 200] + data[other:]
