"""The main job, seen working: record a conversation with an LLM under pytest once, then replay it for ever.

`python3 tools/demo.py` from a bare clone: the first run makes `.venv`. No key is needed, and beyond the packages of
that first run no network: the LLM is a server on loopback that speaks OpenAI's API, one chunk every 20 ms.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_DELAY = 0.02  # seconds before each chunk
_CALLS = 2  # requests of the test below
_WIDTH = 96  # columns of a cassette's line that are shown
_TEST = """\
import openai
import pytest

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {
    "type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}}


@pytest.mark.vcr
def test_weather():
    turns = [{"role": "user", "content": "Is it warmer in Rome or Oslo?"}]
    with openai.OpenAI(max_retries=0) as client:

        def say():
            asked = {"model": "gpt-4o", "messages": turns, "tools": [TOOL]}
            with client.chat.completions.stream(**asked) as stream:
                return stream.get_final_completion().choices[0].message

        called = say()
        turns.append(called.to_dict(exclude_none=True))
        for call, result in zip(called.tool_calls, ["31 °C", "12 °C"], strict=True):
            turns.append({"role": "tool", "tool_call_id": call.id, "content": result})
        assert "Rome" in (answer := say().content) and "31 °C" in answer
"""


def main() -> None:
    """Run the demo; exits with status 1 and a sentence at the first step that fails."""
    print("llmvcr: record the calls to an LLM once, replay them in tests for ever\n")
    with tempfile.TemporaryDirectory(prefix="llmvcr-demo-") as folder:
        cassette = _record_and_replay(Path(folder))
        _look(cassette)
        _convert(cassette)
    _seeds()
    print("\nAll of it worked.")


def _record_and_replay(folder: Path) -> Path:
    from openai_server import serve  # noqa: PLC0415 - found and needed only inside the environment

    (folder / "test_weather.py").write_text(_TEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # what stands above the folder is not ours
    print("1. A test as its author writes it: openai, streamed, two parallel tool calls, their results, the answer.\n")
    print(textwrap.indent("\n".join(_TEST.splitlines()[7:11]), "       ") + "\n       ...\n")
    with serve(delay=_DELAY) as server:
        recording = _pytest(folder, server.base_url, "--record-mode=once")
        asked = len(server.requests)
    replay = _pytest(folder, server.base_url)
    print("2. pytest, first with the server, then with the server stopped:\n")
    for row in (
        ("", "pytest --record-mode=once", "pytest"),
        ("requests that reached the LLM", str(asked), str(len(server.requests) - asked)),
        ("time of the test", f"{recording:.3f} s", f"{replay:.3f} s"),
    ):
        print("       {:30}{:>26}{:>12}".format(*row))
    _must(asked == len(server.requests) == _CALLS, "the server was not asked twice while recording and never after")
    return folder / "cassettes" / "test_weather" / "test_weather.yaml"


def _pytest(folder: Path, base_url: str, *options: str) -> float:
    """Run pytest in the folder as a user would, and return how long the test took, in seconds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "sk-made-up-key", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        "--junitxml=report.xml",
        "-ojunit_duration_report=call",
    ]
    run = subprocess.run([*command, *options], check=False, cwd=folder, env=environment, capture_output=True, text=True)
    _must(run.returncode == 0, f"{run.stderr}{run.stdout}\nthat was pytest {' '.join(options)}")
    case = ET.parse(folder / "report.xml").find(".//testcase")  # noqa: S314 - our own report
    _must(case is not None, "pytest reported no test")
    return float(case.attrib["time"]) if case is not None else 0.0


def _look(cassette: Path) -> None:
    lines = cassette.read_text(encoding="utf-8").splitlines()
    print(f"\n3. The cassette, cassettes/{cassette.parent.name}/{cassette.name}, {len(lines)} lines:\n")
    answer = lines.index("  response:")
    for line in (*lines[:3], "    ...", *lines[answer : answer + 6], "    ..."):
        if line:
            print("       " + (line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."))


def _convert(cassette: Path) -> None:
    typed, back = cassette.with_name("typed.json"), cassette.with_name("back.yaml")
    for source, dest, to in ((cassette, typed, "json"), (typed, back, "yaml")):
        command = [sys.executable, str(_ROOT / "tools" / "convert.py"), str(source), str(dest), "--to", to]
        run = subprocess.run(command, check=False, capture_output=True, text=True)
        _must(run.returncode == 0, f"{run.stdout}{run.stderr}\nthat was tools/convert.py --to {to}")
    _must(back.read_bytes() == cassette.read_bytes(), "YAML to typed JSON and back gave other bytes")
    print("\n4. tools/convert.py, to typed JSON and back to YAML:\n")
    kinds: dict[str, int] = {}
    for one in json.loads(typed.read_bytes())["interactions"]:
        for item in one["response"]["body"]:
            kinds[item["__type__"]] = kinds.get(item["__type__"], 0) + 1
    held = ", ".join(f"{count} x {kind}" for kind, count in kinds.items())
    print(f"       typed.json  {typed.stat().st_size:>6} bytes, {held}")
    print(f"       back.yaml   {back.stat().st_size:>6} bytes, the same as were recorded")


def _seeds() -> None:
    import openai  # noqa: PLC0415 - found only inside the environment

    import llmvcr  # noqa: PLC0415

    print("\n5. Two recordings in llama-stack's format, given as cassettes and replayed through openai:\n")
    for path in sorted((_ROOT / "cassettes" / "seeds").glob("*.json")):
        body = json.loads(path.read_bytes())["request"]["body"]
        with (
            llmvcr.use_cassette(str(path), record_mode="none", serializer="json"),
            openai.OpenAI(api_key="sk-made-up-key", base_url="https://api.openai.com/v1") as client,
        ):
            chunks = list(client.chat.completions.create(**body))
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
        calls = [call.function for delta in deltas for call in delta.tool_calls or () if call.function]
        said = "".join(delta.content or "" for delta in deltas)
        said += "".join((f" {call.name}" if call.name else "") + (call.arguments or "") for call in calls)
        _must(bool(said), f"{path.name} gave no words and no call")
        print(f"       {path.name:<15} {len(chunks)} chunks: {textwrap.shorten(said, 78)}")


def _must(true: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence
    if not true:
        sys.exit("\ndemo failed: " + "\n".join(otherwise.splitlines()[-30:]))


if __name__ == "__main__":
    sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]
    from tools._venv import ensure

    ensure()
    main()
