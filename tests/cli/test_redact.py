"""`llmvcr redact`: files without their secrets, in the format they had, whole or as they were; and its exit codes."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest

from llmvcr import redaction, scrubbing, storage
from llmvcr.cli import main
from llmvcr.interaction import Interaction, Request, Response
from made_up_keys import drawn
from shared import CASSETTES

KEY = "sk-proj-" + drawn("redact", 60)
SEED = CASSETTES / "seeds" / "weather.json"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _call(key: str = KEY) -> Interaction:
    headers = (("authorization", f"Bearer {key}"),)
    body = json.dumps({"model": "m", "note": f"{key} it is"}).encode()
    return Interaction(
        Request("POST", "https://api.openai.com/v1/chat/completions", headers, body),
        Response(200, "OK", (("content-type", "application/json"),), (b'{"a": ', b"1}")),
        "2026-11-22T09:00:00Z",
    )


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.yaml.gz", "a.vcr.json"])
def test_a_file_is_cleaned_in_its_own_format(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was replaced is named by place and kind; the rest of the interaction stays; then there is nothing to do."""
    storage.dump([_call()], name, format="vcr_json" if "vcr" in name else None)
    before = Path(name).read_bytes()
    assert main(["redact", name]) == 0
    assert capsys.readouterr() == (
        f"{name}: replaced OpenAI key in request.body\n{name}: replaced OpenAI key in request.headers.authorization\n",
        "1 of 1 files cleaned and verified\n",
    )
    data = Path(name).read_bytes()
    assert data[:2] == before[:2]
    data = gzip.decompress(data) if name.endswith(".gz") else data
    assert KEY.encode() not in data
    (after,) = storage.load(name).interactions
    assert after == redaction.redacted(_call())
    assert main(["lint", name]) == 0
    again = Path(name).read_bytes()
    assert main(["redact", name]) == 0
    assert Path(name).read_bytes() == again
    assert capsys.readouterr().err.endswith("0 of 1 files cleaned and verified\n")


def test_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would be done, and by its exit code whether there is anything."""
    storage.dump([_call(), _call()], "a.yaml")
    before = Path("a.yaml").read_bytes()
    assert main(["redact", "--dry-run", "a.yaml"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "a.yaml: would replace OpenAI key in request.body, 2 interactions"
    assert Path("a.yaml").read_bytes() == before
    storage.dump([_call("<key>")], "b.yaml")
    assert main(["redact", "--dry-run", "b.yaml"]) == 0


def test_a_recording_keeps_its_name_and_what_is_found_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    """llama-stack asks by the name, with the real key: it stays, and it is said that the content no longer gives it."""
    recording = json.loads(SEED.read_text())
    recording["request"]["body"]["messages"][0]["content"] += f" {KEY}"
    shutil.copy(SEED, "seed.json")
    assert main(["convert", "seed.json", "--to", "yaml"]) == 0
    Path("seed.json").write_text(json.dumps(recording, indent=2) + "\n")
    assert main(["convert", "seed.json", "--to", "recordings"]) == 0
    (path,) = Path("seed").glob("*.json")
    capsys.readouterr()
    assert main(["redact", "seed"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == f"{path}: keeps its name, which is no longer the hash of its content"
    assert [*Path("seed").glob("*.json")] == [path]
    assert KEY not in path.read_text()
    assert main(["lint", "seed"]) == 0


def test_a_secret_in_a_comment_goes(capsys: pytest.CaptureFixture[str]) -> None:
    """The file is written anew, without what is no part of any interaction; it is told."""
    storage.dump([_call("<key>")], "a.yaml")
    Path("a.yaml").write_text(f"# recorded with {KEY}\n" + Path("a.yaml").read_text())
    assert main(["redact", "a.yaml"]) == 0
    assert capsys.readouterr().out == "a.yaml: replaced OpenAI key in text\n"
    assert KEY not in Path("a.yaml").read_text()
    assert storage.load("a.yaml").interactions == (_call("<key>"),)


def test_what_stands_beside_the_interactions_is_cleaned() -> None:
    """Top-level keys of a file stay, without the secret."""
    storage.dump(storage.load(_made({"metadata": {"note": f"key {KEY}", "b": 1}})), "a.yaml")
    assert main(["redact", "a.yaml"]) == 0
    assert KEY not in Path("a.yaml").read_text()
    assert storage.load("a.yaml").extra["metadata"]["b"] == 1


def _made(extra: dict[str, object]) -> str:
    storage.dump([_call("<key>")], "made.json", format="vcr_json")
    Path("made.json").write_text(json.dumps(json.loads(Path("made.json").read_text()) | extra))
    return "made.json"


def test_the_mode_of_the_file_and_a_link_to_it_stay() -> None:
    """What others see of the file is only its content."""
    storage.dump([_call()], Path("real", "a.yaml"))
    Path("real/a.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("real/a.yaml")
    assert main(["redact", "link.yaml"]) == 0
    assert Path("link.yaml").is_symlink()
    assert Path("real/a.yaml").stat().st_mode & 0o777 == 0o640
    assert KEY not in Path("real/a.yaml").read_text()
    assert os.listdir("real") == ["a.yaml"]  # noqa: PTH208 - hidden files count


def test_trouble_leaves_a_file_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged file, one that is only read, one that is not there: named, exit 2; the others are done."""
    storage.dump([_call()], "a.yaml")
    Path("cut.yaml").write_bytes(Path("a.yaml").read_bytes()[:150])
    ruby = (
        "http_interactions:\n- request:\n    method: post\n    uri: https://api.openai.com/v1/chat/completions\n"
        "    body: {encoding: UTF-8, string: '{}'}\n    headers: {Authorization: [Bearer " + KEY + "]}\n"
        "  response:\n    status: {code: 200, message: OK}\n    headers: {}\n"
        "    body: {encoding: UTF-8, string: '{}'}\n  recorded_at: Sun, 22 Nov 2026 09:00:00 GMT\n"
        "recorded_with: VCR 6.2.0\n"
    )
    Path("ruby.yml").write_text(ruby)
    assert main(["redact", "cut.yaml", "ruby.yml", "gone.yaml", "a.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("a.yaml: replaced OpenAI key")
    assert [line.split(":")[1].partition(",")[0] for line in err.splitlines()[:3]] == [
        " cut.yaml",
        " ruby.yml",
        " gone.yaml",
    ]
    assert "only reads; convert it first, with --redact" in err
    assert err.endswith("1 of 2 files cleaned and verified; 3 failed\n")
    assert len(Path("cut.yaml").read_bytes()) == 150
    assert Path("ruby.yml").read_text() == ruby


def test_a_read_only_folder_leaves_the_file_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is named, with the reason."""
    storage.dump([_call()], "a.yaml")
    before = Path("a.yaml").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    cleaned = scrubbing.clean(Path("a.yaml"), redaction.redactor(None, {}))
    assert cleaned.error == "a.yaml: cannot be written: No space left on device"
    assert Path("a.yaml").read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["a.yaml"]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For other programs: each file with what was replaced, and totals."""
    storage.dump([_call()], "a.yaml")
    assert main(["redact", "--json", "--dry-run", "a.yaml"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["version"], said["mode"], said["totals"]["changed"]) == (1, "dry-run", 1)
    assert said["files"][0]["replaced"][0] == {"place": "request.body", "kind": "OpenAI key", "count": 1}


def test_a_users_own_names_are_replaced() -> None:
    """As `llmvcr_redact` takes them."""
    request = Request("GET", "http://example.com/", (("x-tenant", "harbour-seven-blue"),))
    storage.dump([Interaction(request, Response(200))], "a.yaml")
    assert main(["redact", "a.yaml", "--name", "x-tenant"]) == 0
    assert storage.load("a.yaml")[0].request.headers == (("x-tenant", "llmvcr-redacted-x-tenant"),)
