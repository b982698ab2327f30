"""What the README shows of moving to llmvcr: the fixture for pytest-vcr's folders, the folder of recordings."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

import llmvcr
from readme import blocks, section
from shared import CASSETTES

_FIXTURE, _FOLDER = (block for block in blocks("python") if block in section("Moving to llmvcr"))
_TEST = """
import urllib.request, pytest

@pytest.mark.vcr
def test_it():
    assert urllib.request.urlopen("http://made-up.invalid/").read() == b"said"
"""


def test_cassettes_of_pytest_vcr_are_found_where_they_are(pytester: pytest.Pytester) -> None:
    """With the fixture a cassette beside the test, named by the test alone, is replayed."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makeconftest(_FIXTURE)
    pytester.makepyfile(test_module=_TEST)
    request = llmvcr.Request("GET", "http://made-up.invalid/")
    one = llmvcr.Interaction(request, llmvcr.Response(200, "OK", (), (b"said",)))
    (pytester.path / "cassettes").mkdir()
    llmvcr.dump([one], pytester.path / "cassettes" / "test_it.yaml")
    pytester.runpytest_inprocess("-pno:hypothesispytest", "-pno:cacheprovider").assert_outcomes(passed=1)


def test_a_folder_of_recordings_is_a_cassette(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The block for llama-stack opens its folder; each recording of it answers as often as it is asked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests" / "integration").mkdir(parents=True)
    (tmp_path / "tests" / "integration" / "recordings").symlink_to(CASSETTES / "seeds")
    exec(_FOLDER, {"llmvcr": llmvcr})  # noqa: S102 - the README's own words
    (seed,) = (one for one in llmvcr.load(CASSETTES / "seeds" / "weather.json"))
    with llmvcr.use_cassette("tests/integration/recordings", record_mode="none") as cassette:
        assert len(cassette) == len(llmvcr.load(CASSETTES / "seeds"))
        for _ in range(2):
            with openai.OpenAI(api_key="made-up") as client:
                answer = client.post("/chat/completions", cast_to=str, content=seed.request.body)
            assert '"get_weather"' in answer
