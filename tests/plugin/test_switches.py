"""--disable-recording, --block-network, `llmvcr = off`, and tests without a mark."""

from __future__ import annotations

import pytest

from plugin.suite import LATER_PARALLEL, Suite

_UNCLOSED = ("-W", "ignore::pytest.PytestUnraisableExceptionWarning")
"""httpcore leaves a socket unclosed on which pytest-recording's wall raised."""


def test_disabled(suite: Suite) -> None:
    """`--disable-recording` lets marked tests through to the server, and `vcr` is None."""
    suite.tests("""
@pytest.mark.vcr
def test_it(vcr):
    assert vcr is None
    assert ask("one") == "1: one"
""")
    suite.run("--disable-recording", passed=1)
    assert not (suite.path / "cassettes").exists()


def test_blocked(suite: Suite) -> None:
    """`--block-network` stops unmarked tests at the socket and lets marked ones record and replay."""
    suite.tests("""
@pytest.mark.vcr
def test_marked():
    assert ask("one") == "1: one"

def test_unmarked():
    with pytest.raises(RuntimeError, match="Network is disabled"):
        ask("two")
""")
    suite.run(*_UNCLOSED, "--block-network", "--record-mode=once", passed=2)
    suite.run(*_UNCLOSED, "--block-network", passed=2)
    assert suite.server.words == ["one"]


def test_block_network_mark(suite: Suite) -> None:
    """The mark `block_network`, with allowed hosts of the mark, the option or `vcr_config`, works beside `vcr`."""
    suite.tests("""
@pytest.fixture
def vcr_config(request):
    return {"allowed_hosts": ["127.0.0.1"]} if "config" in request.node.name else {}

@pytest.mark.block_network
def test_blocked():
    with pytest.raises(RuntimeError, match="Network is disabled"):
        ask("x")

@pytest.mark.block_network(allowed_hosts=["127.0.0.*"])
def test_allowed():
    ask("one")

@pytest.mark.block_network
@pytest.mark.vcr(ignore_localhost=True)
def test_config():
    ask("two")

@pytest.mark.block_network
@pytest.mark.vcr(ignore_localhost=True)
def test_not_allowed():
    with pytest.raises(RuntimeError, match="Network is disabled"):
        ask("x")
""")
    suite.run(*_UNCLOSED, passed=4)
    assert suite.server.words == ["one", "two"]


@LATER_PARALLEL
def test_off(workers: tuple[str, ...], suite: Suite) -> None:
    """With `llmvcr = off` pytest-recording is as it is without llmvcr: its cassette, its matching, its files."""
    suite.ini("llmvcr = off", "llmvcr_format = json")
    suite.tests("""
import vcr as vcrpy

@pytest.mark.vcr
def test_it(vcr, record_mode):
    assert type(vcr) is vcrpy.cassette.Cassette
    assert [matcher.__name__ for matcher in vcr._match_on] == ["method", "scheme", "host", "port", "path", "query"]
    assert ask(record_mode) == "1: once"

@pytest.mark.vcr(filter_headerz=["a"])
def test_unknown_option():
    pass
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", *workers, passed=2)
    assert suite.files == ["test_it/test_it.yaml"]
    assert "llmvcr" not in suite.cassette("test_it/test_it.yaml").read_text(encoding="utf-8")


def test_unmarked(suite: Suite) -> None:
    """A test without the mark is left alone: no cassette, no patch, no record."""
    suite.tests("""
import httpx2
before = httpx2.HTTPTransport.handle_request

def test_it(vcr):
    assert vcr is None
    assert httpx2.HTTPTransport.handle_request is before
    assert ask("one")[3:] == "one"
""")
    for _ in range(2):
        suite.run("--record-mode=once", passed=1)
    assert suite.server.words == ["one", "one"]
    assert not (suite.path / "cassettes").exists()


def test_plain_vcr_in_a_test(suite: Suite) -> None:
    """A plain `vcr.VCR` that a test opens itself, marked or not, is vcrpy's own, and its options are not checked."""
    suite.tests("""
import vcr as vcrpy

def check(tmp_path, record_mode):
    with vcrpy.VCR().use_cassette(str(tmp_path / "c.yaml"), no_such_option=1) as cassette:
        ask("one")
    assert type(cassette) is vcrpy.cassette.Cassette
    assert "llmvcr" not in (tmp_path / "c.yaml").read_text()
    with vcrpy.use_cassette(str(tmp_path / "c.yaml")):
        assert ask("another prompt").endswith("one")

def test_unmarked(tmp_path, record_mode):
    check(tmp_path, record_mode)

@pytest.mark.vcr
def test_marked(vcr, tmp_path, record_mode):
    check(tmp_path, record_mode)
    assert len(vcr) == 0
""")
    suite.run("--record-mode=once", passed=2)


def test_llmvcr_inside_a_marked_test(suite: Suite) -> None:
    """`llmvcr.use_cassette` inside a marked test hears what is asked inside it, and the mark hears the rest."""
    suite.tests("""
import llmvcr

@pytest.mark.vcr
def test_it(vcr, tmp_path_factory):
    ask("outer")
    with llmvcr.use_cassette(tmp_path_factory.mktemp("x") / "c.yaml") as inner:
        ask("inner")
    assert (len(vcr), len(inner)) == (1, 1)
""")
    suite.run("--record-mode=once", passed=1)


def test_without_pytest_recording(suite: Suite) -> None:
    """With pytest-recording switched off the plugin does nothing and stops nothing."""
    suite.tests("def test_it():\n    pass\n")
    suite.run("-p", "no:recording", passed=1)


def test_switched_off_by_name(suite: Suite) -> None:
    """`-p no:llmvcr` leaves pytest-recording alone, too."""
    suite.tests("""
import vcr as vcrpy

@pytest.mark.vcr
def test_it(vcr):
    assert type(vcr) is vcrpy.cassette.Cassette
""")
    suite.run("-p", "no:llmvcr", passed=1)


def test_vcr_fixture(suite: Suite) -> None:
    """The `vcr` fixture gives the cassette, with vcrpy's counts, and never a second one."""
    suite.tests("""
from llmvcr.bridge import LlmCassette

@pytest.fixture
def mine(vcr):
    return vcr

@pytest.mark.vcr
def test_it(vcr, mine, record_mode):
    assert isinstance(vcr, LlmCassette) and vcr is mine
    assert vcr.path.endswith("test_it.yaml")
    ask("one"), get("/page")
    if record_mode == "none":
        assert (len(vcr), vcr.play_count, vcr.all_played) == (2, 2, True)
        vcr.rewind()
        assert ask("one") == "1: one"
        assert (vcr.play_count, vcr.all_played) == (1, False)
    else:
        assert (len(vcr), vcr.play_count) == (2, 0)
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_fixture_that_asks(when: str, suite: Suite) -> None:
    """A fixture that asks in set-up or tear-down is recorded and replayed in the test's cassette when it uses `vcr`."""
    first, last = ("ask('fixture')", "pass") if when == "before" else ("pass", "ask('fixture')")
    suite.tests(f"""
@pytest.fixture
def client(vcr):
    {first}
    yield
    {last}

@pytest.mark.vcr
def test_it(client):
    ask("test")
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert sorted(suite.server.words) == ["fixture", "test"]
