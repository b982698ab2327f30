"""Hooks and filters of vcrpy under the mark, and VCRs that a conftest sets up in `pytest_recording_configure`."""

from __future__ import annotations

import pytest

from plugin.suite import FORMATS, Suite

_PERSISTER = """
import pytest
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.serialize import deserialize, serialize

class Shelf:
    kept = {{}}

    def load_cassette(self, path, serializer):
        {load}
        if str(path) not in self.kept:
            raise CassetteNotFoundError()
        return deserialize(self.kept[str(path)], serializer)

    def save_cassette(self, path, cassette_dict, serializer):
        {save}
        self.kept[str(path)] = serialize(cassette_dict, serializer)

@pytest.hookimpl({order})
def pytest_recording_configure(config, vcr):
    vcr.register_persister(Shelf())
"""

_ORDERS = pytest.mark.parametrize("order", ["", "tryfirst=True", "trylast=True"], ids=["plain", "first", "last"])


@_ORDERS
@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_own_persister(kind: str, order: str, suite: Suite) -> None:
    """A persister that a conftest registers holds the cassettes, whichever hook is called first."""
    suite.ini(f"llmvcr_format = {kind}")
    suite.conftest(_PERSISTER.format(load="pass", save="pass", order=order))
    suite.tests("""
@pytest.mark.vcr(record_mode="once")
@pytest.mark.default_cassette("shared")
def test_one():
    assert ask("one") == "1: one"

@pytest.mark.vcr
@pytest.mark.default_cassette("shared")
def test_two():
    assert ask("one") == "1: one"
""")
    suite.run(passed=2)
    assert not (suite.path / "cassettes").exists()
    assert suite.server.words == ["one"]


@_ORDERS
@pytest.mark.parametrize("fails", ["load", "save"])
def test_failing_persister(fails: str, order: str, suite: Suite) -> None:
    """An error of that persister comes out as it is."""
    steps = {"load": "pass", "save": "pass", fails: "raise PermissionError('made up')"}
    suite.conftest(_PERSISTER.format(**steps, order=order))
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one")\n')
    outcomes = {"errors": 1} if fails == "load" else {"passed": 1, "errors": 1}
    suite.run("--record-mode=once", **outcomes).stdout.fnmatch_lines(["*PermissionError: made up*"])


def test_derived_persister(suite: Suite) -> None:
    """A persister that a conftest derives from pytest-recording's is called, extra cassettes and all."""
    suite.conftest("""
import pytest
from pytest_recording._vcr import CombinedPersister

class Noted(CombinedPersister):
    def save_cassette(self, path, cassette_dict, serializer):
        super().save_cassette(path, cassette_dict, serializer)
        with open(str(path) + ".note", "w") as note:
            note.write("saved")

@pytest.hookimpl(tryfirst=True)
def pytest_recording_configure(config, vcr):
    vcr.register_persister(Noted(vcr.persister.extra_paths))
""")
    suite.tests('@pytest.mark.vcr("extra.yaml")\ndef test_it():\n    assert ask("one") == "1: one"\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert suite.files == ["test_it/test_it.yaml", "test_it/test_it.yaml.note"]


@_ORDERS
def test_own_match_on(order: str, suite: Suite) -> None:
    """A matcher and a match_on that a conftest sets in the hook win, whichever hook is called first."""
    suite.conftest(f"""
import pytest

@pytest.hookimpl({order})
def pytest_recording_configure(config, vcr):
    vcr.register_matcher("anything", lambda received, recorded: True)
    vcr.match_on = ["anything"]
""")
    suite.tests('@pytest.mark.vcr\ndef test_it(record_mode):\n    assert ask(record_mode) == "1: once"\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)


@_ORDERS
def test_register_in_a_conftest(order: str, suite: Suite) -> None:
    """A conftest that calls `llmvcr.register` itself, as one without the plugin does, changes nothing."""
    suite.conftest(f"""
import llmvcr
import pytest

@pytest.hookimpl({order})
def pytest_recording_configure(config, vcr):
    llmvcr.register(vcr)
""")
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    assert ask("one") == "1: one"\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)


@FORMATS
def test_filters(kind: str, workers: tuple[str, ...], suite: Suite) -> None:
    """Filters and hooks of `vcr_config` work on calls that the tap hears and on calls that vcrpy's stubs hear."""
    suite.ini(f"llmvcr_format = {kind}")
    suite.conftest("""
import pytest

def scrub_request(request):
    if request.path == "/dropped":
        return None
    if request.body:
        request.body = request.body.replace(b"request-word", b"REQUEST")
    return request

def scrub_response(response):
    response["headers"].pop("set-cookie", None), response["headers"].pop("Set-Cookie", None)
    response["body"]["string"] = response["body"]["string"].replace(b"request-word", b"RESPONSE")
    return response

def save(request, response):
    return None if request.path == "/unsaved" else (request, response)

@pytest.fixture(scope="session")
def vcr_config():
    return {
        "filter_headers": ["x-made-up", ("user-agent", "NOBODY")],
        "filter_query_parameters": ["key"],
        "before_record_request": scrub_request,
        "before_record_response": scrub_response,
        "before_save_interaction": save,
        "filter_sensitive_data": [("<PLACEHOLDER>", "sensitive-word")],
    }
""")
    suite.tests("""
@pytest.mark.vcr
def test_it(record_mode):
    said = ask("request-word sensitive-word")
    assert said.endswith("request-word sensitive-word" if record_mode == "once" else "RESPONSE sensitive-word")
    get("/page?key=query-word&b=1", headers={"X-Made-Up": "header-word"})
    get("/dropped")
    if record_mode == "once":
        get("/unsaved")
""")
    suite.run("--record-mode=once", *workers, passed=1)
    suite.run("--record-mode=none", passed=1)
    written = suite.cassette(f"test_it/test_it.{kind}").read_text(encoding="utf-8")
    for gone in ("request-word", "sensitive-word", "query-word", "header-word", "one=made-up", "/dropped", "/unsaved"):
        assert gone not in written, gone
    for there in ("REQUEST", "RESPONSE", "<PLACEHOLDER>", "NOBODY"):
        assert there in written, there
    assert [one.path for one in suite.server.seen if one.path == "/dropped"] == ["/dropped"] * 2


def test_after_load(suite: Suite) -> None:
    """after_load_interaction changes what is played."""
    suite.conftest("""
import pytest

def load(request, response):
    response["body"]["string"] = response["body"]["string"].replace(b"1: one", b"loaded")
    return request, response

@pytest.fixture
def vcr_config():
    return {"after_load_interaction": load}
""")
    suite.tests("""
@pytest.mark.vcr
def test_it(record_mode):
    assert ask("one") == ("loaded" if record_mode == "none" else "1: one")
""")
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)


@pytest.mark.parametrize("option", ["ignore_hosts=['127.0.0.1']", "ignore_localhost=True"])
def test_ignored_hosts(option: str, suite: Suite) -> None:
    """Calls to ignored hosts pass in every mode, and are not recorded."""
    suite.tests(f'@pytest.mark.vcr({option})\ndef test_it():\n    ask("one"), get("/page")\n')
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=1)
    assert len(suite.server.seen) == 4
    assert not (suite.path / "cassettes").exists()


def test_dropped_unused(suite: Suite) -> None:
    """drop_unused_requests takes out of the file what a test asks no more."""
    suite.tests('@pytest.mark.vcr\ndef test_it():\n    ask("one"), ask("two"), get("/page")\n')
    suite.run("--record-mode=once", passed=1)
    suite.tests('@pytest.mark.vcr(drop_unused_requests=True)\ndef test_it():\n    ask("two"), get("/page")\n')
    suite.run(passed=1)
    written = suite.cassette("test_it/test_it.yaml").read_text(encoding="utf-8")
    assert ("1: one" in written, "2: two" in written, "/page" in written) == (False, True, True)


def test_who_looks_at_the_plugin_makes_nothing(suite: Suite) -> None:
    """pytest gets every attribute that it sees of a plugin (8.2 does): no cassette, nor vcr, is prepared by that."""
    manager = suite.pytester.parseconfigure("-p", "no:terminal").pluginmanager
    plugin, module = manager.getplugin("llmvcr-recording"), manager.getplugin("llmvcr")
    for name in {*dir(plugin), *vars(type(plugin))}:
        getattr(plugin, name)
    assert manager.getplugin("llmvcr-ending") is None
    # What is not named there, no pytest looks at: all hooks and fixtures are.
    assert {name for name in vars(type(plugin)) if name.startswith(("pytest_", "vcr", "default_"))} <= set(dir(plugin))
    assert {name for name in vars(module) if name.startswith("pytest_")} <= set(dir(module))
