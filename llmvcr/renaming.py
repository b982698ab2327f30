"""Rules applied to the fields of one request: left out, renamed by first appearance, or spelt in one way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from llmvcr import ids
from llmvcr.bodies import CLOSE, OPEN, Mark
from llmvcr.interaction import Json
from llmvcr.plans import Plan, Step
from llmvcr.providers.base import Rule

__all__ = ["ANSWERED_ID", "DATA_URL", "ID_IN_TEXT", "PREFIXED_ID", "apply", "id_fields"]

ID_IN_TEXT = Rule("**", "id", "a generated id that also stands in an id field of the same request, quoted in a text")
"""Applies in every string, with the rows of the endpoint (decision 18)."""

PREFIXED_ID = Rule(
    "**", "id", "a generated id behind a prefix that only this provider's servers write, quoted in a text"
)
"""Applies in every string (decision 18)."""

ANSWERED_ID = Rule("**", "id", "a generated id that an earlier answer of the cassette brought, in a text or in the URL")
"""Applies in every string, where ids of answers are given (decision 18)."""

DATA_URL = Rule(
    "**", "base64", "the bytes in a data: URL, in either base64 alphabet, padded or not (RFC 2397, RFC 4648)"
)
"""Applies to every string that is a data: URL as a whole (decision 17)."""

_IN_TEXTS = (ID_IN_TEXT, PREFIXED_ID, ANSWERED_ID, DATA_URL)
_ESCAPED = re.compile(r"\\(?:/|u00[2-7])")
_SHORTEST = 8
_CONTAINERS = (dict, list)


def apply(
    plan: Plan,
    fields: dict[str, Json],
    text: str = "",
    more: Callable[[list[Json], Callable[[str], Mark]], None] | None = None,
    known: AbstractSet[str] = frozenset(),
) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Apply `plan` to `fields` in place; give the rules that found something, and what was renamed, in that order.

    `fields` has "body", "kind", "path" and "query"; names are drawn in this order, in lists by index and in objects by
    sorted key, so that the spelling of a body plays no part. `text` is the JSON text of the body, where there is one:
    it spares looking at each string for ids that stand nowhere but in id fields. A "raw" body stays as it is.
    `more(bodies, name)` may name more ids than the rules do, after those and before texts are looked at. `known` are
    ids that are renamed wherever they stand, in the URL, too.
    """
    run = _Run(plan, known)
    kind = fields["kind"]
    roots = [] if kind in ("empty", "raw") else fields["body"] if kind == "ndjson" else [fields["body"]]
    run.walk(roots, plan.body)
    if plan.url.keys:
        in_body = run.leaves.copy()
        run.walk(fields, plan.url)
        run.leaves = {one: in_body.get(one, 0) for one in run.leaves}
    if more is not None:
        more(roots, run.name)
    run.texts(roots, "" if more or known else text)
    if known:
        run.urls(fields)
    if kind == "json":
        # A body that is one bare string is replaced as a whole.
        fields["body"] = roots[0]
    if not run.used:
        return (), tuple(run.names)
    # A list: a generator takes three times as long for sixty rules, and this is once a request.
    return tuple([rule for rule in (*plan.rules, *_IN_TEXTS) if id(rule) in run.used]), tuple(run.names)


def id_fields(plan: Plan, body: Json) -> dict[str, int]:
    """Give what `apply` would rename in the id fields of a JSON body, which is changed, each with how often.

    What is spelt in another alphabet before it is named is none of them.
    """
    run = _Run(plan, frozenset())
    run.walk([body], plan.body)
    if run.leaves.keys() == run.names.keys():
        return run.leaves
    return {one: times for one, times in run.leaves.items() if one == ids.one_alphabet(one) and one in run.names}


class _Run:
    """One application of a plan: the names given so far."""

    __slots__ = ("known", "leaves", "names", "plan", "used")

    def __init__(self, plan: Plan, known: AbstractSet[str]) -> None:
        self.plan = plan
        self.known = known
        self.names: dict[str, Mark] = {}
        self.leaves: dict[str, int] = {}
        self.used: set[int] = set()

    def walk(self, value: Json, step: Step) -> None:  # noqa: C901, PLR0912 - the hot loop: a call a place costs 8 %
        """Follow the rule paths below `value`, in place."""
        if step.ends:
            return
        keys, other = step.keys, step.other
        if step.passes and other is not None and type(value) is list:
            for child in value:
                if type(child) is dict or type(child) is list:
                    self.walk(child, other)
            return
        left_out = []
        places: Iterable[Json]
        if type(value) is list:
            places = range(len(value))
        elif other is not None:
            places = sorted(value)
        else:
            places = [key for key in value if key in keys]
            if len(places) > 1:
                places.sort()
        for place in places:
            after = keys.get(place, other) if keys else other
            if after is None:
                continue
            child = value[place]
            if child is None:
                if after.for_null is not None:
                    self.used.add(id(after.for_null))
                    left_out.append(place)
                continue
            if after.id_rule is not None and type(child) is str and child:
                self.used.add(id(after.id_rule))
                self.leaves[child] = self.leaves.get(child, 0) + 1
                value[place] = self.name(child)
                continue
            if after.rules:
                new = self._act(child, after.rules)
                if new is _LEFT_OUT:
                    left_out.append(place)
                    continue
                if new is not child:
                    value[place] = new
                    continue
            if not after.ends and (type(child) is dict or type(child) is list):
                self.walk(child, after)
        for place in reversed(left_out):
            del value[place]

    def texts(self, body: list[Json], text: str) -> None:
        """Rename ids inside strings, and spell data: URLs in one way."""
        if text and not self._may_be_quoted(text):
            return
        # The longest first: an id may stand inside another one.
        known = sorted(filter(ids.is_generated, self.names), key=lambda one: (-len(one), one))
        self._rename_below(body, known)

    def urls(self, fields: dict[str, Json]) -> None:
        """Rename known ids in the parameters of the path, in what stands before the call, and in the query."""
        for part in (fields["path"], fields["query"]):
            for key in sorted(part):
                if type(part[key]) is str:
                    part[key] = ids.WORD.sub(self._answered, part[key])

    def _act(self, value: Json, rules: tuple[Rule, ...]) -> Json:
        spelt = value
        for rule in rules:
            new = self._result(rule, value)
            if new is value:
                continue
            self.used.add(id(rule))
            if rule.action == "id":
                self.leaves[spelt] = self.leaves.get(spelt, 0) + 1
            if rule.action != "base64":
                return new
            value = new
        return value

    def _result(self, rule: Rule, value: Json) -> Json:
        if rule.action == "ignore":
            return _LEFT_OUT
        # Not a string of a kind of its own: a mark stands for a value already.
        if type(value) is str and value:
            if rule.action == "id":
                return self.name(value)
            if rule.action == "base64":
                return ids.one_alphabet(value)
        return value

    def name(self, value: str) -> Mark:
        """Give the name of an id: the same for the same, else the next one."""
        name = self.names.get(value)
        if name is None:
            name = self.names[value] = Mark(f"{OPEN}id {len(self.names) + 1}{CLOSE}")
        return name

    def _may_be_quoted(self, text: str) -> bool:
        # An escaped letter or slash hides an id from a search in the JSON text.
        if "\\" in text and _ESCAPED.search(text):
            return True
        if "data:" in text:
            return True
        hinted = self.plan.hinted
        for one, times in self.leaves.items():
            if len(one) >= _SHORTEST and not (hinted and hinted.fullmatch(one)) and text.count(one) != times:
                return True
        left = dict(self.leaves)
        for hint in self.plan.hints:
            for found in hint.finditer(text):
                start = found.end()
                if text.endswith(self.plan.prefixes, max(start - 32, 0), start):
                    quote = text.rfind('"', 0, start) + 1
                    one = text[quote : text.find('"', quote)]
                    left[one] = left.get(one, 0) - 1
                    if left[one] < 0:  # no id field, or a text that is an id and nothing else
                        return True
        return False

    def _rename_below(self, value: Json, known: Sequence[str]) -> None:
        for key in sorted(value) if isinstance(value, dict) else range(len(value)):
            inner = value[key]
            if type(inner) is str:
                if len(inner) >= _SHORTEST:
                    value[key] = self._renamed(inner, known)
            elif isinstance(inner, _CONTAINERS):
                self._rename_below(inner, known)

    def _renamed(self, text: str, known: Sequence[str]) -> str:
        if text.startswith("data:"):
            head, comma, data = text.partition(",")
            if head.endswith(";base64"):
                new = f"{head}{comma}{ids.one_alphabet(data)}"
                if new != text:
                    self.used.add(id(DATA_URL))
                return new
        for one in known:
            if one in text and (new := ids.replaced(text, one, self.name(one))) != text:
                self.used.add(id(ID_IN_TEXT))
                text = new
        if self.plan.prefixed and any(hint.search(text) for hint in self.plan.hints):
            text = self.plan.prefixed.sub(self._prefixed, text)
        return ids.WORD.sub(self._answered, text) if self.known else text

    def _answered(self, found: re.Match[str]) -> str:
        if found[0] not in self.known:
            return found[0]
        self.used.add(id(ANSWERED_ID))
        return self.name(found[0])

    def _prefixed(self, found: re.Match[str]) -> str:
        if not ids.is_drawn(found[1]):
            return found[0]
        self.used.add(id(PREFIXED_ID))
        return self.name(found[0])


_LEFT_OUT: Json = object()
