"""What a server answers today and did not when it was recorded, as people read answers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import asdict

from llmvcr.canonical import canonical
from llmvcr.conversation import Answer, opened, read_call
from llmvcr.diff import ABSENT, changes
from llmvcr.explaining.calls import address, named
from llmvcr.interaction import Interaction, Json

__all__ = ["answered", "differences"]

_LONGEST, _CONTEXT = 100, 30


def answered(interaction: Interaction) -> dict[str, Json]:
    """Give what an answer says, without what varies from run to run: ids, tokens, times."""
    call = read_call(interaction)
    said: dict[str, Json] = {"status": call.status, "error": call.error, "ended": call.ended}
    answers = [_plain(one) for one in call.answers]
    if call.reading == "conversation":
        said |= answers[0] if len(answers) == 1 else {"answers": answers}
    elif not call.error:
        answer = opened(interaction.response)
        said["body"] = answer.value if answer.form == "json" else answer.plain.decode("utf-8", "backslashreplace")
    return {key: value for key, value in said.items() if value not in ("", [])}


def differences(recorded: Interaction, live: Interaction, number: int) -> tuple[str, ...]:
    """Say in lines what the live answer to the call `number` (from 0) says otherwise; () where it says the same."""
    found = changes(answered(recorded), answered(live))
    if not found:
        return ()
    asked = recorded.request
    lines = [f"#{number} {named(asked, canonical(asked)) or address(asked)}"]
    for change in found:
        lines.append(f"  {change.path}")
        lines += [f"    {line}" for line in _sides(change.recorded, change.received)]
    return tuple(lines)


def _plain(answer: Answer) -> dict[str, Json]:
    said = {
        "text": answer.message.text,
        "parts": [asdict(one) for one in answer.message.parts],
        "tool_calls": [{"name": one.name, "arguments": one.arguments} for one in answer.message.tool_calls],
        "finish_reason": answer.finish_reason,
    }
    return {key: value for key, value in said.items() if value not in ("", [])}


def _sides(old: Json, new: Json) -> Iterator[str]:
    if isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        diff = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)
        yield from (_clipped(line) for line in diff if not line.startswith(("---", "+++", "@@")))
        return
    shown = ["" if one is ABSENT else json.dumps(one, ensure_ascii=False) for one in (old, new)]
    start = _same(*shown)
    for sign, one, text in zip("-+", (old, new), shown, strict=True):
        if one is not ABSENT:
            begin = max(start - _CONTEXT, 0) if len(text) > _LONGEST else 0
            yield f"{sign} {'…' * bool(begin)}{_clipped(text[begin:])}"


def _same(one: str, other: str) -> int:
    """Count the characters that two texts begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
