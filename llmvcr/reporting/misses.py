"""How a miss stands in pytest's report: in a section of its own, below the user's own frames, and never swallowed.

What is pytest's is taken as it comes: `pytest_plugin` is the only room that imports it.
"""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

__all__ = ["colour", "looked_for", "missing", "shown"]

_SECTION = "llmvcr: not in the cassette"

_SWALLOWED = """\
The test passed, though a call that it made is not in the cassette: what said so was swallowed on its way
(by `except BaseException`, or in a task or a thread that nobody asked for its outcome).
A test that expects a miss says so by pytest.raises; llmvcr_swallowed = ignore in the ini file lets it pass."""


def looked_for(item: Any, call: Any) -> BaseException | None:
    """Give the miss that ended a phase of a test; its report is made of that, until `call.excinfo` is put back."""
    found = None if call.excinfo is None else missing(call.excinfo.value)
    if found is not None and not item.config.getoption("fulltrace"):
        call.excinfo = _looked_at(call.excinfo, found, item.config.rootpath)
    return found


def shown(item: Any, call: Any, report: Any, found: BaseException | None, swallowed: str) -> None:
    """Show the miss that ended a phase of a test, or that its call swallowed; `swallowed` is the ini option."""
    if found is not None and report.outcome == "failed":
        _show(report, found)
    elif found is None and call.when == "call" and swallowed != "ignore" and not hasattr(report, "wasxfail"):
        misses = getattr(getattr(item, "funcargs", {}).get("vcr"), "missed", ())
        _lose(report, misses, raised_too=swallowed == "fail")


def missing(error: BaseException) -> BaseException | None:
    """Find the Miss or MissAbort in an error: itself, what it was raised from, or what a group holds."""
    bridge: Any = sys.modules.get("llmvcr.bridge")
    if bridge is None:  # no cassette was ever opened
        return None
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if any(isinstance(one, kind) for kind in (bridge.Miss, bridge.MissAbort)):
            return one
        if not any(one is other for other in seen):
            seen.append(one)
            grouped = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
            waiting += [inner for inner in (*grouped, one.__cause__, one.__context__) if inner is not None]
    return None


def _looked_at(excinfo: Any, found: BaseException, root: Path) -> Any:
    """Give the ExceptionInfo that a report is to be made of: a group's miss by itself, with the user's own frames."""
    if excinfo.value is not found and not isinstance(excinfo.value, BaseExceptionGroup):
        return excinfo  # what an SDK has made of it: its own words count, too
    own: TracebackType | None = None
    for frame, line in reversed(list(traceback.walk_tb(found.__traceback__))):
        if _is_users(frame, root):
            own = TracebackType(own, frame, -1, line)
    return excinfo if own is None else type(excinfo).from_exc_info((type(found), found, own))


def _show(report: Any, error: BaseException) -> None:
    """Add the section to a failed report; the error's text above it is shortened to its first line."""
    text = str(error)
    longrepr = report.longrepr
    if hasattr(longrepr, "addsection"):
        _shorten(longrepr, text)
        longrepr.addsection(_SECTION, text)


def _lose(report: Any, misses: Sequence[BaseException], *, raised_too: bool) -> None:
    """Fail a report of a test that passed though one of its misses never came out; of one that failed, say so.

    A miss that came to a `with pytest.raises(...)` was expected. One that is an Exception counts where `raised_too`.
    """
    counted = [one for one in misses if raised_too or not isinstance(one, Exception)]
    lost = [one for one in counted if not _was_expected(one)]
    if not lost:
        return
    more = f"\n\nand {len(lost) - 1} more like it" if len(lost) > 1 else ""
    if report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = f"{_SWALLOWED}\n\n{_SECTION}\n{lost[0]}{more}"
    elif hasattr(report.longrepr, "addsection"):
        report.longrepr.addsection(f"{_SECTION}; swallowed on its way", f"{lost[0]}{more}")


def colour(longrepr: Any) -> None:
    """Have the section in colour where a terminal shows colours; text of the report stays plain anywhere else."""
    ours = [index for index, (name, _, _) in enumerate(getattr(longrepr, "sections", ())) if name.startswith(_SECTION)]
    if not ours:
        return
    from llmvcr.explaining import painted  # noqa: PLC0415 - every provider comes with it

    plain = longrepr.toterminal

    def toterminal(writer: Any) -> None:
        before = list(longrepr.sections)
        if writer.hasmarkup:
            for index in ours:
                name, text, line = before[index]
                longrepr.sections[index] = (name, painted(text), line)
        try:
            plain(writer)
        finally:
            longrepr.sections[:] = before

    longrepr.toterminal = toterminal


def _is_users(frame: FrameType, root: Path) -> bool:
    path = Path(frame.f_code.co_filename)
    return _room(frame) != "llmvcr" and path.is_relative_to(root) and "site-packages" not in path.parts


def _room(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _shorten(longrepr: Any, text: str) -> None:
    first, _, rest = text.partition("\n")
    for stack in [chained[0] for chained in getattr(longrepr, "chain", ())] or [longrepr.reprtraceback]:
        for entry in stack.reprentries:
            if rest and rest in "\n".join(entry.lines):  # --tb=native: one text of many lines
                entry.lines = [line.replace(f"\n{rest}", "") for line in entry.lines]
                continue
            at = next((n for n, line in enumerate(entry.lines) if line.startswith("E ") and first in line), None)
            if at is not None:
                entry.lines = entry.lines[: at + 1]


def _was_expected(error: BaseException) -> bool:
    return error.__traceback__ is None or _in_raises(error.__traceback__)


def _in_raises(caught: TracebackType) -> bool:
    """Say whether the frame that an error came out to stands in a `with ...raises(...)`, or in pytest's own."""
    frame = caught.tb_frame
    if _room(frame) in ("_pytest", "unittest"):
        return True
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        return any(
            block.lineno <= caught.tb_lineno <= (block.end_lineno or 0) for block in _expecting(ast.parse(source))
        )
    except SyntaxError:
        return False


def _expecting(tree: ast.AST) -> Iterator[ast.With | ast.AsyncWith]:
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith):
            called = [item.context_expr.func for item in node.items if isinstance(item.context_expr, ast.Call)]
            if any("raises" in ast.unparse(one).lower() for one in called):
                yield node
