"""An interaction, read as the call that it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

from llmvcr import bodies
from llmvcr.conversation.answering import answers, error, model_of, usage
from llmvcr.conversation.asking import asked, model_in
from llmvcr.conversation.joining import joined
from llmvcr.conversation.lines import line
from llmvcr.conversation.looking import at, parsed
from llmvcr.conversation.opening import Opened, opened
from llmvcr.conversation.talking import Talk, talked
from llmvcr.conversation.values import Answer, LlmCall, Message, Reading
from llmvcr.interaction import Interaction, Json, Response, header
from llmvcr.providers import find, other

__all__ = ["read_call"]

_FIRST_ERROR = 400


def read_call(interaction: Interaction) -> LlmCall:
    """Read a recorded call; what nobody can read is given as it stands (`raw`). Never raises, whatever the bytes."""
    if (talk := talked(interaction)) is not None:
        return _of_frames(interaction, talk)
    request, response = interaction.request, interaction.response
    sent = bodies.read(request.body, header(request.headers, "content-type"))
    plain = parsed(sent.text) if sent.text else None
    body = sent.value if plain is None else plain
    found = _found(request.method, request.url, sent.keys)
    answer = opened(response)
    whole = joined(answer.events) if answer.form == "stream" else answer.value
    wrong = _error(response, answer, whole)
    provider, endpoint = found
    question = asked(body)
    said = line(endpoint, body, answer) if provider else None
    if not provider or said is not None:
        given: tuple[Answer, ...] = ()
        reading: Reading = "raw" if said is None else "line"
    else:
        given = () if response.status >= _FIRST_ERROR else answers(whole)
        reading = _reading(question.messages, given, wrong, response)
    return LlmCall(
        provider=provider,
        endpoint=endpoint,
        model=model_in(request.url, body) or model_of(whole) if provider else "",
        method=request.method,
        url=request.url,
        reading=reading,
        messages=question.messages if reading == "conversation" else (),
        tools=question.tools if provider else (),
        parameters=_parameters(question.parameters if provider else (), said is not None),
        streamed=answer.form == "stream",
        status=response.status,
        answers=given if reading == "conversation" else (),
        usage=usage(whole),
        error=wrong,
        summary="" if wrong else said or "",
        raw=_raw(answer) if reading == "raw" else "",
        duration=response.times[-1] if response.times else None,
        first_chunk=response.times[1] if len(response.times) > 1 else None,
        ended=response.ended,
        recorded_at=interaction.recorded_at,
    )


def _of_frames(interaction: Interaction, talk: Talk) -> LlmCall:
    request, response = interaction.request, interaction.response
    provider, endpoint = _found(request.method, request.url, None)
    return LlmCall(
        provider=provider,
        endpoint=endpoint,
        # Not by urlsplit, which refuses some of what may stand in a file.
        model=talk.model or dict(parse_qsl(request.url.partition("?")[2].partition("#")[0])).get("model", ""),
        method=request.method,
        url=request.url,
        reading="conversation",
        messages=talk.messages,
        tools=talk.tools,
        parameters=_parameters(talk.parameters, is_line=False),
        streamed=True,
        status=response.status,
        answers=talk.answers,
        usage=talk.usage,
        error=talk.error,
        duration=talk.duration,
        first_chunk=talk.first,
        ended=response.ended,
        recorded_at=interaction.recorded_at,
    )


def _found(method: str, url: str, keys: Json) -> tuple[str, str]:
    try:
        found = find(method, url, keys) or other(method, url)
    except ValueError:  # a URL that is none
        return "", ""
    if found is None or found[1].is_telemetry:
        return "", ""
    return found[0].name, found[1].name


def _reading(messages: tuple[Message, ...], given: tuple[Answer, ...], wrong: str, response: Response) -> Reading:
    # What was cut before its first event has no answer, and is no riddle for it.
    refused = bool(wrong) and (bool(messages) or response.status >= _FIRST_ERROR)
    return "conversation" if given or refused or (messages and response.ended) else "raw"


def _error(response: Response, answer: Opened, whole: Json) -> str:
    if response.failed:
        return ": ".join(filter(None, (response.ended, response.error)))
    if at(whole, "error") or response.status >= _FIRST_ERROR:
        return error(whole) or (_raw(answer) if response.status >= _FIRST_ERROR else "")
    return response.error if response.ended not in ("", "closed") else ""


def _parameters(pairs: tuple[tuple[str, Json], ...], is_line: bool) -> Mapping[str, Json]:  # noqa: FBT001 - private
    return MappingProxyType({} if is_line else dict(pairs))


def _raw(answer: Opened) -> str:
    if answer.form == "bytes":
        return f"({len(answer.plain)} bytes that are no text)"
    return answer.plain.decode("utf-8", "replace")
