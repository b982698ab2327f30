"""Accounts of a run: counts that add up, in whatever order, and cross from one process to another."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import reduce
from itertools import permutations
from operator import add

from llmvcr.lifecycle import Account, Load

_ONE = Account(
    replayed=3,
    calls=2,
    priced=1,
    input=10,
    output=20,
    usd=Decimal("0.1"),
    seconds=0.5,
    loads=(Load(0.2, "a.yaml", 10), Load(0.1, "b.yaml", 20)),
    side=(("LangSmith", "passed on", 2),),
    undated=frozenset({"a.yaml"}),
)
_TWO = Account(
    recorded=2,
    incomplete=1,
    missed=1,
    loads=(Load(0.3, "c.yaml", 30), Load(0.05, "d.yaml", 5)),
    side=(("LangSmith", "passed on", 1), ("Sentry", "answered by llmvcr", 1)),
    undated=frozenset({"a.yaml"}),
    recovered=frozenset({("c.yaml", 2)}),
    aside=(("c.yaml", 2, ".llmvcr/failed-c.yaml"),),
)
_THREE = Account(verified=1, usd=Decimal("0.2"), changed=(("e.yaml", ("#0", "  text")),))


def test_accounts_add_up() -> None:
    """Counts are summed, the slowest loads kept, side traffic counted by whose it is."""
    both = _ONE + _TWO
    assert (both.replayed, both.recorded, both.incomplete, both.missed, both.input) == (3, 2, 1, 1, 10)
    assert [one.path for one in both.loads] == ["c.yaml", "a.yaml", "b.yaml"]
    assert both.side == (("LangSmith", "passed on", 3), ("Sentry", "answered by llmvcr", 1))
    assert both.undated == {"a.yaml"}
    assert (both + _THREE).usd == Decimal("0.3")


def test_the_order_of_workers_plays_no_part() -> None:
    """The sum of workers is the same in any order, and nothing added changes nothing."""
    sums = [reduce(add, order, Account()) for order in permutations((_ONE, _TWO, _THREE))]
    assert all(one == sums[0] for one in sums)
    assert _ONE + Account() == _ONE


def test_an_account_crosses_processes() -> None:
    """What is written as JSON reads back the same."""
    everything = _ONE + _TWO + _THREE
    assert Account.of_json(json.loads(json.dumps(everything.as_json()))) == everything


def test_an_opened_cassette_is_nothing() -> None:
    """An account says that something happened only where something did."""
    assert not Account(loads=(Load(1.0, "a.yaml", 1),), undated=frozenset({"a.yaml"}))
    assert all((_ONE, _TWO, _THREE))
