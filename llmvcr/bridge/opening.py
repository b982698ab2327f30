"""What no client could be served is named when the cassette is opened, not when a test comes to it."""

from __future__ import annotations

from urllib.parse import urlsplit

from llmvcr.errors import ReadError
from llmvcr.formats import unread
from llmvcr.interaction import Headers, Interaction

__all__ = ["check"]

_AGAIN = "record it again, or take the interaction out of the file"
_FIRST_FINAL, _SWITCHED = 200, 101


def check(interaction: Interaction, *, path: str, number: int) -> None:
    """Raise ReadError, with interaction and place, for one that cannot be played.

    What is missing or has a wrong type was found when the file was read. Here: a status that is none of HTTP's three
    digits (RFC 9110, 15), or one behind which a client waits for the answer itself (1xx but for 101); header lines that
    cannot be sent, since they hold a lone surrogate or a line break (RFC 9110, 5.5), and such a reason; a URL that
    cannot be parsed; a WebSocket without its frames, or with such as cannot be sent. An unknown `__type__`, an encoding
    that nobody knows and a body that is cut are played as they were recorded, and a failed attempt of any name as a
    failure. A body that is still in the file stays there.
    """
    answer = unread.head(interaction)

    def refuse(place: str, reason: str) -> ReadError:
        return ReadError(path, reason, interaction=number, place=f"response.{place}", fix=_AGAIN)

    if type(answer.status) is not int or not 100 <= answer.status <= 999:
        raise refuse("status", f"has the status {_short(answer.status)}, which is none of HTTP")
    if answer.status < _FIRST_FINAL and answer.status != _SWITCHED:
        raise refuse("status", f"has the status {answer.status}, behind which a client waits for the answer itself")
    if not _can_be_sent(answer.reason):
        raise refuse("status.message", "is a reason that no answer can carry")
    for place, lines in (("headers", answer.headers), ("llmvcr.trailers", answer.trailers)):
        if (name := _unsendable(lines)) is not None:
            raise refuse(place, f"has a line that no answer can carry, {ascii(name)[:60]}")
    try:
        urlsplit(interaction.request.url)
    except ValueError as error:
        raise ReadError(path, f"is no URL: {error}", interaction=number, place="request.uri", fix=_AGAIN) from None
    if interaction.request.url[:2].lower() == "ws":
        from llmvcr.bridge.sockets import check as check_socket  # noqa: PLC0415 - few cassettes hold any

        check_socket(interaction, path=path, number=number)


def _unsendable(lines: Headers) -> str | None:
    return next((name for name, text in lines if not (name and _can_be_sent(name) and _can_be_sent(text))), None)


def _can_be_sent(text: str) -> bool:
    if "\n" in text or "\r" in text or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _short(status: object) -> str:
    # A number of 4,300 digits cannot even be written.
    return "of many digits" if isinstance(status, int) and abs(status) >= 10**9 else str(status)
