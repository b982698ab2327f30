"""Names that lead elsewhere: those of ids never do, those of the user's own marks do."""

from __future__ import annotations

from plugin.suite import Suite

_TESTS = """
@pytest.mark.vcr
@pytest.mark.default_cassette("../shared/named")
def test_beside():
    ask("beside")

@pytest.mark.vcr
@pytest.mark.default_cassette("../../../above/named.yaml")
def test_above():
    ask("above")

@pytest.mark.vcr
@pytest.mark.default_cassette({absolute!r})
def test_absolute():
    ask("absolute")

@pytest.mark.vcr
@pytest.mark.parametrize("value", ["../../../x", "/x", "..", "~", "A", "a", "con", "nul.", " ", "C:x", "\\0"])
def test_id(value):
    ask("id " + value)
"""


def test_names_that_lead_elsewhere(suite: Suite) -> None:
    """A mark is the user's own word, as in pytest-recording; an id may come from data, and leads nowhere."""
    root = suite.path
    suite.pytester.mkdir("project")
    suite.tests(_TESTS.format(absolute=str(root / "absolute")))
    for name in ("asking.py", "test_it.py"):
        (root / name).rename(root / "project" / name)
    for mode in ("once", "none"):
        suite.run(f"--record-mode={mode}", passed=14)
    found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.yaml"))
    inside = "project/cassettes/test_it/test_id["
    ids = [name for name in found if name.startswith(inside)]
    assert len(ids) == 11
    assert all("/" not in name.removeprefix(inside) for name in ids)
    others = ["above/named.yaml", "absolute.yaml", "project/cassettes/shared/named.yaml"]
    assert [name for name in found if name not in ids] == others
    assert len(suite.server.words) == 14
