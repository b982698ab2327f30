"""What to do about a miss, and the rules that would have prevented it, where what differs is no part of the call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from llmvcr.canonical import canonical
from llmvcr.diff import ABSENT, Change
from llmvcr.errors import OptionError
from llmvcr.interaction import Json, Request
from llmvcr.rulesets import RuleSet, ruleset

__all__ = ["is_meant", "rules_to_add"]

_MOST = 3
_MEANT = frozenset(
    {
        *("model", "model_id", "modelId", "deployment", "engine", "messages", "message", "system", "input"),
        *("inputs", "inputText", "instructions", "prompt"),
        *("contents", "content", "system_instruction", "systemInstruction", "query", "texts", "text", "documents"),
        *("tools", "functions", "tool_choice", "toolConfig", "response_format", "schema", "requests", "instances"),
    }
)
"""Where a call says what it wants: a change there is a change of the call, whatever it looks like."""

_FIELD = re.compile(r"query\.[\w.-]+")
_NO_BODY = re.compile(r"(host|method|path|kind|endpoint|headers|scheme|port|url)\b")
_ROOT = re.compile(r"[^.\[]+")
_INDEX = re.compile(r"\[\d+\]")

_UUID = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_DATE = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s?(Z|[+-]\d\d:?\d\d)?"
_NUMBER = r"\d{9,19}(\.\d+)?"
_DRAWN = re.compile(rf"([\w.]{{1,24}}[-_:/])?({_UUID}|{_DATE}|{_NUMBER}|[0-9a-f]{{12,}})", re.IGNORECASE)
_ID = re.compile(r"(?=[^\s]*\d)[\w.:/+=~-]{6,}")
_ID_KEY = re.compile(
    r"((run|request|trace|span|session|correlation|job|call|message|thread|invocation|execution)[_-]?)?"
    r"(id|uuid|guid|nonce|trace|session|timestamp|ts)|(run|request|trace|span|session|correlation|job|message)Id"
)
"""Names of ids that are drawn for each run; not those of what somebody has chosen (voice_id, agent_id)."""


def rules_to_add(changes: Sequence[Change], recorded: Request, sent: Request, rules: RuleSet) -> tuple[str, ...]:
    """Give paths for `llmvcr_ignore` under which the two requests are the same call; () where none is to be advised.

    Only where every change looks drawn anew on each run (a uuid, a date, a number of seconds, an id), and none is in
    what the call asks for: prompt, model, tools. `changes` are those between the two under `rules`.
    """
    if not changes or len(changes) > _MOST or rules.strict or not all(map(_is_drawn, changes)):
        return ()
    paths = tuple(dict.fromkeys(_path(change.path) for change in changes))
    try:
        added = ruleset(ignore=paths).rules
    except OptionError:  # an odd key that no path can name
        return ()
    wider = replace(rules, rules=(*added, *rules.rules))
    return paths if canonical(recorded, wider).key == canonical(sent, wider).key else ()


def is_meant(change: Change) -> bool:
    """Say whether a change is one of the call itself: of prompt, model, tools, or of what is called."""
    if change.path.startswith("query."):
        return False
    return bool(
        _NO_BODY.match(change.path) or _MEANT.intersection(_ROOT.findall(change.path.removeprefix("body."))[:1])
    )


def _is_drawn(change: Change) -> bool:
    if change.recorded is ABSENT or change.received is ABSENT or is_meant(change):
        return False
    key = change.path.rpartition(".")[2].partition("[")[0]
    return all(_looks_drawn(key, value) for value in (change.recorded, change.received))


def _looks_drawn(key: str, value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    text = str(value)
    return bool(_DRAWN.fullmatch(text) or (_ID_KEY.fullmatch(key) and _ID.fullmatch(text)))


def _path(path: str) -> str:
    if _FIELD.fullmatch(path):
        return path
    inside = _INDEX.sub("[*]", path.removeprefix("body."))
    return f"${inside}" if inside.startswith("[") else f"$.{inside}"
