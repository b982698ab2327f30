"""The mutation campaign over the corpus, in short form, and that it can fail."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from random import Random

import pytest

from llmvcr.canonical import canonical, text
from llmvcr.interaction import Request
from shared import corpus
from tools import mutate
from tools._mutations import Subject, subject
from tools._places import fresh, id_places, masked, names, renamed
from tools._tooled import tooled


def sample() -> list[tuple[str, Subject]]:
    """One request of each provider, endpoint, kind of body, with and without a tool turn; of a long run all."""
    found = mutate.subjects(corpus("vcrpy"))
    if os.environ.get("LLMVCR_LONG"):
        return [*found, *mutate.subjects(corpus("recordings"))]
    first: dict[tuple[object, ...], tuple[str, Subject]] = {}
    for name, one in found:
        first.setdefault((one.form.provider, one.endpoint.name, one.kind, name.endswith("turn")), (name, one))
    return list(first.values())


@pytest.mark.timeout(1800)
def test_no_mutation_is_judged_wrongly() -> None:
    """Of requests of all providers, volatile mutations keep the key in 100 %, and semantic ones change it in 100 %."""
    counts = mutate.campaign(sample())
    assert counts.wrong == []
    assert len(counts.requests) > 20
    assert {kind for kind, _, _ in counts.made} == {mutation.kind for mutation in mutate.MUTATIONS}
    assert sum(counts.made.values()) > 5000


CHAT = Request(
    "POST",
    "https://api.openai.com/v1/chat/completions",
    (),
    json.dumps({"model": "m", "n": 2, "messages": [{"role": "user", "content": "Say hello to 5 people"}]}).encode(),
)


def both() -> list[tuple[str, Subject]]:
    """A chat as it is, and with a tool turn."""
    plain = subject(CHAT)
    assert plain is not None
    more = tooled(plain, Random(1))  # noqa: S311 - no secret
    assert more is not None
    return [("plain", plain), ("tooled", more)]


def _by_bytes(request: Request) -> bytes:
    return b" ".join((request.method.encode(), request.url.encode(), request.body or b""))


def _without_ids(request: Request) -> bytes:
    form = canonical(request)
    try:
        body = json.loads(request.body or b"")
    except ValueError:
        return form.key
    return text(renamed(body, dict.fromkeys({one.value for one in id_places(body)}, "ID"))).encode()


@pytest.mark.parametrize(
    ("key", "keeps", "kinds"),
    [
        (_by_bytes, True, {"ids", "ids of another shape", "order of keys", "blanks", "escapes", "1 and 1.0", "method"}),
        (_without_ids, False, {"an id points elsewhere"}),
        (
            lambda _request: b"",
            False,
            {"a word", "role", "results exchanged", "a number", "a byte of an image", "model"},
        ),
    ],
    ids=["bytes", "no ids", "nothing"],
)
def test_a_matcher_that_is_too_strict_or_too_loose_is_found_out(
    key: Callable[[Request], bytes],
    keeps: bool,  # noqa: FBT001 - a column
    kinds: set[str],
) -> None:
    """A key of bytes fails volatile mutations, one without ids or of nothing at all fails semantic ones."""
    wrong = mutate.campaign(both(), key=key).wrong
    assert kinds <= {kind for kind, of, _, _ in wrong if of is keeps}
    assert mutate.campaign(both()).wrong == []


def test_the_same_seed_makes_the_same_mutations() -> None:
    """Nothing but the seed and the name of a request decides what is drawn."""
    seen: list[list[Request]] = []

    def hear(request: Request) -> bytes:
        seen[-1].append(request)
        return b""

    for seed in (1, 1, 2):
        seen.append([])
        mutate.campaign(both(), seed, key=hear)
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_ids_are_renamed_one_for_one() -> None:
    """Other names for ids keep their shape, meet nothing that was there, and leave everything else."""
    (_, one) = both()[1]
    new = names(one.body, Random(2))  # noqa: S311 - no secret
    assert len({*new, *new.values()}) == 2 * len(new) > 0
    assert [len(name) for name in new] == [len(name) for name in new.values()]
    other = renamed(one.body, new)
    assert masked(other)["messages"][0] == one.body["messages"][0]
    assert not any(name in json.dumps(other) for name in new)
    assert fresh("call-a", Random(3)).startswith("call-")  # noqa: S311 - no secret


def test_the_command_prints_counts_and_fails_where_there_is_no_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    """A limited run prints its tables and exits with 0; without a corpus it says so and exits with 2."""
    assert mutate.main([str(corpus("vcrpy")), "--limit", "3", "--seed", "7", "--provider", "mistral"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("3 requests to 1 providers, seed 7\n")
    assert "mutations that must keep the key, 0 do not" in told
    assert mutate.main(["no-such-folder"]) == 2
    assert "no-such-folder" in capsys.readouterr().err
