"""Users' rules on requests: what each kind of rule makes the same, and what stays different beside it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from llmvcr.canonical import canonical
from llmvcr.diff import changes
from llmvcr.errors import OptionError
from llmvcr.index import Index
from llmvcr.interaction import Request
from llmvcr.rulesets import RuleSet, ruleset

CHAT = "https://api.openai.com/v1/chat/completions"
TEXT = "$.messages[*].content"
ONE, TWO = "5c0de1b8-9f5c-4c65-bb1c-7a2f4bd10d7e", "0b6f2f0e-27a1-4ac5-8d5e-3f0c7f1f9a55"


def chat(content: Any = "hello", url: str = CHAT, **fields: Any) -> Request:
    """A chat with one message and more fields."""
    body = {"model": "m", "messages": [{"role": "user", "content": content}], **fields}
    return Request("POST", url, (), json.dumps(body).encode())


def without_metadata(fields: Any) -> Any:
    """A function of a user's, which changes what it is given."""
    fields["body"].pop("metadata", None)
    return fields


IGNORE = {"ignore": ["$.metadata", "$.messages[*].name", "query.trace", "path.base", "host"]}
IDS = {"ids": ["$.metadata.*", "query.session", "$.messages[?@.role=='x'].content"]}
DATES = {"patterns": {TEXT: [r"\d{4}-\d\d-\d\d", r"at \d+ h"]}}
HOST = {"patterns": {"host": r"^\w+-\w+-\d(?=\.)"}}

SAME: list[tuple[dict[str, Any], Request, Request]] = [
    (IGNORE, chat(metadata={"a": 1}), chat(metadata=[2])),
    (IGNORE, chat(metadata={"a": 1}), chat()),
    (IGNORE, chat(metadata=None), chat(metadata=1)),
    (IGNORE, chat(), chat(url=CHAT + "?trace=5")),
    (IGNORE, chat(url=CHAT + "?trace=1&trace=2"), chat(url=CHAT + "?trace=5")),
    (IGNORE, chat(), chat(url="https://eu.made-up.test/anything/v1/chat/completions")),
    ({"ignore": "$..note"}, chat([{"type": "text", "note": 1}]), chat([{"type": "text", "note": 2}])),
    ({"ignore": "$.stop[0]"}, chat(stop=["a", "b"]), chat(stop=["c", "b"])),
    ({"ignore": "$.messages[1:]"}, chat(), Request("POST", CHAT, (), json.dumps({
        "model": "m", "messages": [{"role": "user", "content": "hello"}, {"role": "user", "content": "x"}]
    }).encode())),
    ({"ignore": "$"}, chat("one"), chat("two")),
    ({"ignore": "$.metadata"}, chat(metadata=1), Request("POST", CHAT, (), gzip.compress(chat().body or b"", mtime=0))),
    (IDS, chat(metadata={"a": ONE, "b": ONE}), chat(metadata={"a": TWO, "b": TWO})),
    (IDS, chat(f"see {ONE}.", metadata={"a": ONE}), chat(f"see {TWO}.", metadata={"a": TWO})),
    (IDS, chat(url=CHAT + f"?session={ONE}"), chat(url=CHAT + f"?session={TWO}")),
    (IDS, chat(metadata={"a": ONE}, url=CHAT + f"?session={ONE}"), chat(metadata={"a": "2"}, url=CHAT + "?session=2")),
    (DATES, chat("today is 2025-01-31 at 7 h"), chat("today is 2026-11-22 at 12 h")),
    (DATES, chat("2025-01-31 and 2025-02-01"), chat("2026-11-22 and 2026-11-23")),
    (HOST, chat(url="https://us-east-1.llm.test/v1/chat/completions"), chat(url="https://eu-west-3.llm.test/v1/chat/completions")),
    ({"patterns": {"query.v": "[0-9]+"}}, chat(url=CHAT + "?v=a1"), chat(url=CHAT + "?v=a22")),
    ({"function": lambda fields: {**fields, "body": len(fields["body"]["messages"])}}, chat("one"), chat("two")),
    ({"function": without_metadata}, chat(metadata=1), chat()),
]  # fmt: skip

DIFFERENT: list[tuple[dict[str, Any], Request, Request]] = [
    (IGNORE, chat("one"), chat("two")),
    (IGNORE, chat(), chat(metadatas=1)),
    (IGNORE, chat(), chat(url=CHAT + "?trade=5")),
    ({"ignore": "$.stop[0]"}, chat(stop=["a", "b"]), chat(stop=["a", "c"])),
    ({"ignore": "$.stop[0]"}, chat(stop=["a", "b"]), chat(stop=["a", "b", "b"])),
    ({"ignore": "$.messages"}, chat("one"), chat("two", model="n")),
    (IDS, chat(metadata={"a": ONE, "b": ONE}), chat(metadata={"a": ONE, "b": TWO})),
    (IDS, chat(metadata={"a": ONE, "b": TWO}), chat(metadata={"a": ONE, "b": ONE})),
    (IDS, chat(f"see {ONE}.", metadata={"a": ONE}), chat(f"see {TWO}.", metadata={"a": ONE})),
    (IDS, chat(metadata={"a": 1}), chat(metadata={"a": 2})),
    (IDS, chat(metadata={"a": ""}), chat(metadata={"a": ONE})),
    (DATES, chat("today is 2025-01-31"), chat("today was 2025-01-31")),
    (DATES, chat("2025-01-31"), chat("2025-01-31 2025-01-31")),
    (DATES, chat("2025-01-31"), chat("\u27e8pattern\u27e9")),
    (DATES, chat("\u27e8pattern\u27e9 at 7 h"), chat("at 7 h at 7 h")),
    (DATES, chat("2025-01-31"), chat("")),
    (HOST, chat(url="https://us-east-1.llm.test/v1/chat/completions"), chat(url="https://us-east-1.ml.test/v1/chat/completions")),
    ({"patterns": {TEXT: "x*"}}, chat("a"), chat("b")),
    ({"patterns": {TEXT: "x*"}}, chat("axb"), chat("ab")),
    ({"function": lambda fields: fields}, chat("one"), chat("two")),
]  # fmt: skip


@pytest.mark.parametrize(("options", "one", "two"), SAME)
def test_same(options: dict[str, Any], one: Request, two: Request) -> None:
    """With the rules the two are the same request, without them they are not."""
    rules = ruleset(**options)
    a, b = canonical(one, rules), canonical(two, rules)
    assert a.fields == b.fields
    assert a.key == b.key
    assert changes(a.fields, b.fields) == ()
    plain = canonical(one).key, canonical(two).key
    assert plain[0] != plain[1]


@pytest.mark.parametrize(("options", "one", "two"), DIFFERENT)
def test_different(options: dict[str, Any], one: Request, two: Request) -> None:
    """What no rule names stays different, and so does what rules name in another relation."""
    rules = ruleset(**options)
    a, b = canonical(one, rules), canonical(two, rules)
    assert a.key != b.key
    assert changes(a.fields, b.fields) != ()


def test_order_of_keys_plays_no_part() -> None:
    """Ids that rules name are numbered by place, whatever order the keys of an object have."""
    rules = ruleset(ids="$.metadata.*", match="llm_uuid")
    one = chat(f"{ONE} {TWO}", metadata={"a": "x", "b": "y"})
    two = chat(f"{TWO} {ONE}", metadata={"b": "q", "a": "p"})
    assert canonical(one, rules).fields == canonical(two, rules).fields


def test_ids_below_what_is_left_out_count_for_nothing() -> None:
    """An id that a row of the provider, or another rule, leaves out does not shift the numbers of the others."""
    rules = ruleset(ids=["$.prompt_cache_key", "$.metadata.*"], ignore="$.metadata.a")
    one = chat(prompt_cache_key="one", metadata={"a": "one", "b": "x"})
    assert canonical(one, rules).fields == canonical(chat(metadata={"b": "y"}), rules).fields


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "https://made-up.test/page?trace=1"),
        Request("POST", CHAT, (), b"\x00\xff no JSON"),
        Request("POST", CHAT, (), None),
        Request("POST", "http://[", (), b"{}"),
    ],
)
def test_nothing_to_apply_to(request_: Request) -> None:
    """Of what is no LLM call, or has no JSON, the form is the one without rules, but for the URL of a call."""
    rules = ruleset(ignore=["$.a", "query.trace"], ids="$..b", patterns={"$..c": "x"}, match="llm_uuid")
    assert canonical(request_, rules) == canonical(request_)


def test_lines_and_forms() -> None:
    """In NDJSON each line is a root of its own; a form or multipart body is an object of its fields."""
    rules = ruleset(ignore="$.model")
    one, two = (
        Request("POST", CHAT, (), f'{{"model": "{m}", "messages": []}}\n{{"model": "x", "messages": [1]}}\n'.encode())
        for m in "ab"
    )
    assert canonical(one).fields["kind"] == "ndjson"
    assert canonical(one, rules).fields == canonical(two, rules).fields
    url = "https://api.openai.com/v1/files"
    forms = [Request("POST", url, (), f"purpose=batch&model={m}".encode()) for m in "ab"]
    assert canonical(forms[0], rules).fields == canonical(forms[1], rules).fields


def test_what_applied() -> None:
    """The form says which of the rules found something."""
    rules = ruleset(ignore=["$.metadata", "$.nothing"], patterns={TEXT: ["hel+", "zzz"]}, ids=["$.user", "$.model[0]"])
    applied = rules.applied(canonical(chat(metadata=1, user="somebody"), rules).rules)
    assert applied == ("llmvcr_ignore: $.metadata", f"llmvcr_patterns: {TEXT} = hel+", "llmvcr_ids: $.user")


@pytest.mark.parametrize("given", [None, [], "x", {"a": {1, 2}}])
def test_function_without_fields(given: object) -> None:
    """A function of the user's that gives no fields, or none that JSON can hold, is named."""
    with pytest.raises(OptionError, match="llmvcr_canonical gave "):
        canonical(chat(), RuleSet(function=lambda _: given))  # type: ignore[arg-type, return-value]


def test_one_truth() -> None:
    """An index by the form of a rule set finds by it, and its nearest differs in nothing that the rules leave out."""
    rules = ruleset(ignore="$.metadata")
    index = Index([chat("one", metadata=1)], form=lambda request: canonical(request, rules))
    assert index.peek(chat("one", metadata=2)) == 0
    nearest = index.nearest(chat("two", metadata=2))
    assert nearest is not None
    assert [change.path for change in nearest[1]] == ["messages[0].content"]
