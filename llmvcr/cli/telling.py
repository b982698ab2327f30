"""A call told on paper: what was asked, what was answered, what it took."""

from __future__ import annotations

from llmvcr.cli.paper import Paper
from llmvcr.conversation import LlmCall, Message, Part, ToolCall, ToolResult, Usage, opened
from llmvcr.conversation.looking import spelt
from llmvcr.interaction import Interaction

__all__ = ["named", "tell", "tell_raw"]

_SECOND = 1000  # ms


def named(call: LlmCall) -> str:
    """Name a call in a few words: "openai chat.completions, gpt-4o"; "GET https://…" for what is no LLM call."""
    if not call.provider:
        return f"{call.method} {call.url}"
    return f"{call.provider} {call.endpoint}" + (f", {call.model}" if call.model else "")


def tell(paper: Paper, number: int, call: LlmCall) -> None:
    """Write a call as the conversation it is."""
    paper.line(f"#{number} {named(call)}: {_outcome(call)}", "bold")
    at = f", recorded {call.recorded_at}" if call.recorded_at else ""
    if call.provider or at:
        paper.line(f"{call.method} {call.url}{at}" if call.provider else at.removeprefix(", "), "dim")
    for name, value in call.parameters.items():
        paper.line(f"{name}: {spelt(value)}", "dim")
    if call.tools:
        paper.line(f"tools: {', '.join(call.tools)}", "dim")
    for message in call.messages:
        paper.line()
        paper.line(f"{message.role}:", "cyan")
        _tell_message(paper, message)
    for place, answer in enumerate(call.answers):
        which = f"answer {place}" if len(call.answers) > 1 else "answer"
        paper.line()
        paper.line(f"{which} ({answer.finish_reason}):" if answer.finish_reason else f"{which}:", "green")
        _tell_message(paper, answer.message)
    if call.error:
        paper.line()
        paper.line("error:", "red")
        paper.line(call.error, indent=2)
    for text in (call.summary, call.raw):
        if text:
            paper.line()
            paper.line(text)
    if took := _took(call):
        paper.line()
        paper.line(took, "dim")


def tell_raw(paper: Paper, number: int, interaction: Interaction) -> None:
    """Write an interaction as HTTP said it: start lines, headers, bodies (without compression)."""
    request, response = interaction.request, interaction.response
    paper.line(f"#{number}", "bold")
    paper.line(f"{request.method} {request.url}", "cyan")
    _tell_http(paper, request.headers, request.body or b"")
    paper.line()
    paper.line(f"{response.status} {response.reason}".rstrip(), "green")
    _tell_http(paper, response.headers, opened(response).plain)


def _tell_http(paper: Paper, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    for name, value in headers:
        paper.line(f"{name}: {value}", "dim")
    if body:
        paper.line()
        try:
            paper.line(body.decode().removesuffix("\n"))
        except UnicodeDecodeError:
            paper.line(f"({len(body)} bytes that are no text)")


def _tell_message(paper: Paper, message: Message) -> None:
    for part in message.parts:
        paper.line(_part(part), "dim", indent=2)
    # What a tool gave stands once, with the call it is for.
    if message.text and not (message.tool_results and message.role.lower() in ("tool", "function")):
        paper.line(message.text, indent=2)
    for call in message.tool_calls:
        paper.line(_tool_call(call), indent=2)
    for result in message.tool_results:
        paper.line(_tool_result(result), "red" if result.is_error else "", indent=2)


def _part(part: Part) -> str:
    if part.kind in ("thinking", "refusal"):
        return f"({part.kind}) {part.text}"
    size = "" if part.size is None else f"{part.size:,} bytes"
    return f"[{', '.join(filter(None, (part.media_type or part.kind, size, part.text)))}]"


def _tool_call(call: ToolCall) -> str:
    return f"-> {call.name}({call.text})" + (f"  [{call.id}]" if call.id else "")


def _tool_result(result: ToolResult) -> str:
    head = f"<- [{result.id}]" if result.id else "<-"
    parts = "".join(f"\n{_part(part)}" for part in result.parts)
    return f"{head}{' failed' if result.is_error else ''} {result.text}{parts}"


def _outcome(call: LlmCall) -> str:
    words = ["no answer" if call.ended and call.status == 599 else str(call.status)]
    words += ["streamed"] if call.streamed else []
    if call.ended:
        words.append("closed by the client" if call.ended == "closed" else f"cut: {call.ended}")
    return ", ".join(words)


def _took(call: LlmCall) -> str:
    words = [_tokens(call.usage)] if call.usage else []
    if call.first_chunk is not None and call.streamed:
        words.append(f"first chunk after {_time(call.first_chunk)}")
    if call.duration is not None:
        words.append(f"took {_time(call.duration)}")
    return "; ".join(words)


def _tokens(usage: Usage) -> str:
    said = [
        (usage.input, "in"),
        (usage.cached, "of them cached"),
        (usage.output, "out"),
        (usage.reasoning, "reasoning"),
    ]
    words = [f"{count:,} {what}" for count, what in said if count or (count is not None and what in ("in", "out"))]
    return f"tokens: {', '.join(words)}"


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < _SECOND else f"{milliseconds / _SECOND:.2f} s"
