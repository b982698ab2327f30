"""Change every recorded request of a corpus by rule, and see that llmvcr's matcher sees what counts and nothing else.

    python3 tools/mutate.py [FOLDER] [--seed N] [--limit N] [--provider NAME] [--kind KIND]

Volatile mutations (ids, key order, escapes, headers, ...) must keep the canonical key of a request, semantic ones (a
word of a prompt, two results exchanged, one ulp of a number, ...) must change it. A conversation without tool calls is
taken a second time with a tool turn added in the words of its API. FOLDER holds cassettes; by default it is
../shared/corpus beside this checkout; what is no cassette there is passed over. Prints the counts by provider and by
kind, and names each mutation that was judged wrongly. Exit code 0 where there is none, 1 where there is one, 2 where
there is no corpus.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

import llmvcr  # noqa: E402 - only the project's own environment is sure to have what it needs
from llmvcr.canonical import canonical  # noqa: E402
from llmvcr.interaction import Request  # noqa: E402
from tools._mutations import Subject, subject  # noqa: E402
from tools._semantic import SEMANTIC  # noqa: E402
from tools._tooled import tooled  # noqa: E402
from tools._volatile import VOLATILE  # noqa: E402

__all__ = ["MUTATIONS", "Counts", "campaign", "main", "subjects"]

CORPUS = PROJECT.parent / "shared" / "corpus"
MUTATIONS = (*VOLATILE, *SEMANTIC)


@dataclass(slots=True)
class Counts:
    """What a campaign saw: mutations by (kind, whether it keeps the key, provider), and those judged wrongly."""

    made: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, bool, str, str]] = field(default_factory=list)
    """(kind, whether it keeps the key, provider, file with the interaction's number and the place)."""
    requests: Counter[str] = field(default_factory=Counter)


def subjects(folder: Path, provider: str | None = None) -> Iterator[tuple[str, Subject]]:
    """Give every request of an LLM below `folder`, each with its file and number, in a fixed order.

    A conversation without ids comes twice: as it was recorded, and with a tool turn added (`tools/_tooled.py`).
    """
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            interactions = llmvcr.load(path).interactions
        except llmvcr.ReadError:
            continue  # lists and notes of the corpus, and formats that are to be refused
        for number, interaction in enumerate(interactions):
            one = subject(interaction.request)
            if one is None or provider not in (None, one.form.provider):
                continue
            name = f"{path.relative_to(folder)} #{number}"
            yield name, one
            if (more := tooled(one, Random(name))) is not None:  # noqa: S311 - no secret
                yield f"{name} with a tool turn", more


def campaign(
    found: Iterable[tuple[str, Subject]],
    seed: int = 0,
    kind: str | None = None,
    key: Callable[[Request], bytes] = lambda request: canonical(request).key,
) -> Counts:
    """Make every mutation of each request, and compare the keys; `seed` and the name decide what is drawn."""
    counts = Counts()
    for name, one in found:
        provider, recorded = one.form.provider, key(one.request)
        counts.requests[provider] += 1
        for mutation in MUTATIONS:
            if (mutation.json and one.body is None) or kind not in (None, mutation.kind):
                continue
            # Of its own for each: what one rule draws does not change what the others do.
            for made in mutation.make(one, Random(f"{seed} {mutation.kind} {name}")):  # noqa: S311 - no secret
                before = recorded if made.base is None else key(made.base)
                counts.made[mutation.kind, mutation.keeps, provider] += 1
                if (key(made.request) == before) is not mutation.keeps:
                    counts.wrong.append((mutation.kind, mutation.keeps, provider, f"{name} {made.where}"))
    return counts


def _table(counts: Counts) -> Iterator[str]:
    wrong = Counter((kind, keeps, provider) for kind, keeps, provider, _ in counts.wrong)
    for keeps, title, law in ((True, "volatile", "keep the key"), (False, "semantic", "change the key")):
        made = {place: n for place, n in counts.made.items() if place[1] is keeps}
        yield f"\n{title}: {sum(made.values())} mutations that must {law}, {_wrong(wrong, keeps=keeps)} do not"
        for column, heading in ((0, "kind"), (2, "provider")):
            yield f"  {heading:34}{'made':>9}{'wrong':>7}"
            rows: Counter[str] = Counter()
            for place, n in made.items():
                rows[str(place[column])] += n
            for row, n in rows.most_common():
                bad = sum(n for place, n in wrong.items() if place[1] is keeps and place[column] == row)
                yield f"  {row:34}{n:>9}{bad:>7}"


def _wrong(wrong: Counter[tuple[str, bool, str]], *, keeps: bool) -> int:
    return sum(n for place, n in wrong.items() if place[1] is keeps)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a campaign as the command line says, and give the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", nargs="?", type=Path, default=CORPUS, help="where the cassettes are")
    options.add_argument("--seed", type=int, default=0, help="draws other words, places and ids (default: 0)")
    options.add_argument("--limit", type=int, help="so many requests, spread evenly over the corpus")
    options.add_argument("--provider", help="requests to this provider alone")
    options.add_argument("--kind", help="mutations of this kind alone")
    chosen = options.parse_args(argv)
    if not chosen.folder.is_dir():
        print(f"There is no corpus at {chosen.folder}.", file=sys.stderr)
        return 2
    found = list(subjects(chosen.folder, chosen.provider))
    if chosen.limit and len(found) > chosen.limit:
        found = [found[len(found) * number // chosen.limit] for number in range(chosen.limit)]
    counts = campaign(found, chosen.seed, chosen.kind)
    for kind, keeps, provider, place in counts.wrong:
        print(f"WRONG {'(key changed)' if keeps else '(key kept)'} {kind}: {provider} {place}")
    print(f"{sum(counts.requests.values())} requests to {len(counts.requests)} providers, seed {chosen.seed}")
    print("\n".join(_table(counts)))
    return 1 if counts.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
