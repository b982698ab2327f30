"""What the writers of `writers.py` run: a user's project for each kind of them."""

from __future__ import annotations

__all__ = ["ASKING", "SOURCES"]

ASKING = """
import os, time
from pathlib import Path
import httpx2

SERVER, FOLDER, RUN = (os.environ["MADE_UP_" + name] for name in ("SERVER", "FOLDER", "RUN"))
CALLS, TESTS, CASSETTES = (int(os.environ["MADE_UP_" + name]) for name in ("CALLS", "TESTS", "CASSETTES"))
URL = SERVER + "/v1/chat/completions"


def body(words):
    return {"model": "made-up-model", "messages": [{"role": "user", "content": words}]}


def note(cassette, answer):
    said = answer["choices"][0]["message"]["content"]
    with open(Path(FOLDER, f"notes-{os.getpid()}"), "a") as notes:
        notes.write(f"{cassette}\\t{said}\\n")


def ask(cassette, words):
    with httpx2.Client(verify=False, trust_env=False, timeout=120) as client:
        note(cassette, client.post(URL, json=body(words)).json())


def meet(name):
    # Both runs have opened the cassette before either goes on.
    Path(FOLDER, f"met-{name}-{RUN}").touch()
    other = Path(FOLDER, f"met-{name}-{'b' if RUN == 'a' else 'a'}")
    until = time.monotonic() + 120
    while not other.exists() and time.monotonic() < until:
        time.sleep(0.002)
"""

SOURCES = {
    "xdist": """
@pytest.fixture
def default_cassette_name(request):
    return f"shared{request.node.callspec.params['cassette']}"

@pytest.mark.vcr
@pytest.mark.parametrize("number", range(TESTS))
@pytest.mark.parametrize("cassette", range(CASSETTES))
def test_it(cassette, number):
    for call in range(CALLS // TESTS):
        ask(f"shared{cassette}.yaml", f"{number}/{call}")
""",
    "twice": """
def both(name, number):
    meet(f"{name}-{number}")
    for call in range(CALLS // TESTS // 6):
        ask(name, f"{RUN}/{number}/{call}")

@pytest.mark.vcr(record_mode="once")
@pytest.mark.default_cassette("once")
@pytest.mark.parametrize("number", range(TESTS))
def test_once(number):
    both("once.yaml", number)

@pytest.mark.vcr(record_mode="new_episodes", serializer="json")
@pytest.mark.default_cassette("new_episodes")
@pytest.mark.parametrize("number", range(TESTS))
def test_new_episodes(number):
    both("new_episodes.json", number)
    ask("new_episodes.json", "the same")  # played, or recorded by both

@pytest.mark.vcr(record_mode="all")
@pytest.mark.default_cassette("all")
@pytest.mark.parametrize("number", range(TESTS))
def test_all(number):
    both("all.yaml", number)
""",
    "threads": """
import requests
from concurrent.futures import ThreadPoolExecutor

@pytest.mark.vcr
@pytest.mark.default_cassette("threads")
def test_it():
    with requests.Session() as session, ThreadPoolExecutor(8) as pool:
        session.trust_env = False
        def by_requests(number):
            note("threads.yaml", session.post(URL, json=body(str(number))).json())
        list(pool.map(by_requests, range(40)))
""",
    "fork": """
import multiprocessing

def one(number):
    ask("fork.yaml", str(number))

@pytest.mark.vcr
@pytest.mark.default_cassette("fork")
def test_it():
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(one, range(40), chunksize=1)
""",
    "spawn": """
import multiprocessing
import llmvcr

def one(number):
    path = Path(FOLDER, "cassettes", "test_spawn", "spawn.yaml")
    with llmvcr.use_cassette(path, record_mode="new_episodes"):
        ask("spawn.yaml", str(number))

def test_it():
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(one, range(40), chunksize=1)
""",
}
