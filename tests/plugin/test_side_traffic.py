"""Telemetry and downloads of libraries: kept out of cassettes, counted, and never sent while a test replays."""

from __future__ import annotations

import llmvcr
from plugin.suite import Suite

_TESTS = """
import httpx2

def send(method, url, **more):
    # A proxy, so that hosts of the world are reached by no one but this server.
    with httpx2.Client(proxy=SERVER, trust_env=False) as client:
        return client.request(method, url, **more)

from asking import SERVER

@pytest.mark.vcr
def test_it():
    assert send("POST", "http://api.smith.langchain.com/runs/batch", json={"post": []}).status_code == 200
    assert send("POST", "http://o1.ingest.sentry.io/api/1/envelope/", content=b"{}").json() is not None
    ask("one")

@pytest.mark.vcr
def test_download(record_mode):
    url = "http://openaipublic.blob.core.windows.net/encodings/made_up.tiktoken"
    if record_mode == "none":
        with pytest.raises(Exception, match="Can't play back") as caught:
            send("GET", url)
        assert "TIKTOKEN_CACHE_DIR" in caught.value.__notes__[0]
    else:
        send("GET", url)
"""


def test_ignored(suite: Suite) -> None:
    """It passes while a test records, unrecorded; while one replays, telemetry is answered, downloads are refused."""
    suite.tests(_TESTS)
    output = suite.run("--record-mode=once", "-v", passed=2).stdout.str()
    assert "kept out of cassettes: 1 LangSmith (passed on), 1 Sentry (passed on), 1 tiktoken (passed on)" in output
    assert suite.files == ["test_it/test_it.yaml"]
    assert len(llmvcr.load(suite.cassette("test_it/test_it.yaml"))) == 1
    assert len(suite.server.seen) == 4
    output = suite.run("-v", passed=2).stdout.str()
    told = "1 LangSmith (answered by llmvcr), 1 Sentry (answered by llmvcr), 1 tiktoken (refused)"
    assert f"kept out of cassettes: {told}" in output
    assert len(suite.server.seen) == 4


def test_blocked_and_recorded(suite: Suite) -> None:
    """`block` sends nothing even while a test records; `record` records it like anything else, and it is played."""
    suite.tests(_TESTS.partition("@pytest.mark.vcr\ndef test_download")[0])
    suite.ini("llmvcr_side_traffic = block")
    suite.run("--record-mode=once", passed=1)
    assert suite.server.words == ["one"]
    assert len(suite.server.seen) == 1
    suite.ini("llmvcr_side_traffic = record")
    suite.run("--record-mode=rewrite", passed=1)
    assert len(suite.server.seen) == 4
    assert len(llmvcr.load(suite.cassette("test_it/test_it.yaml"))) == 3
    for value in ("record", "ignore"):  # what is recorded is played all the same
        suite.ini(f"llmvcr_side_traffic = {value}")
        suite.run(passed=1)
    assert len(suite.server.seen) == 4


def test_by_the_stubs_of_vcrpy(suite: Suite) -> None:
    """What vcrpy's own stubs hear is kept out, too."""
    suite.tests("""
import os, urllib.request

@pytest.mark.vcr
def test_it():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": os.environ["MADE_UP_SERVER"]}))
    opener.open(urllib.request.Request("http://us.i.posthog.com/batch/", b"{}"), timeout=10).close()
    get("/page")
""")
    suite.run("--record-mode=once", passed=1)
    assert [one.request.url.rpartition("/")[2] for one in llmvcr.load(suite.cassette("test_it/test_it.yaml"))] == [
        "page"
    ]
