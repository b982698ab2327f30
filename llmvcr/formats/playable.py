"""What no client could be served, whatever format it stands in."""

from __future__ import annotations

from urllib.parse import urlsplit

from llmvcr.interaction import SWITCHED, Headers, Request, Response

__all__ = ["fault"]

_FIRST_FINAL = 200


def fault(request: Request, head: Response) -> tuple[str, str] | None:
    """Give place and reason where a call cannot be played, as far as request and head of the answer show that.

    That is a status that is none of HTTP's three digits (RFC 9110, 15), or one behind which a client waits for the
    answer itself (1xx but for 101); header lines that cannot be sent, since they hold a lone surrogate or a line break
    (RFC 9110, 5.5), and such a reason; a URL that cannot be parsed.
    """
    if type(head.status) is not int or not 100 <= head.status <= 999:
        return "response.status", f"has the status {_short(head.status)}, which is none of HTTP"
    if head.status < _FIRST_FINAL and head.status != SWITCHED:
        return "response.status", f"has the status {head.status}, behind which a client waits for the answer itself"
    if not _can_be_sent(head.reason):
        return "response.status.message", "is a reason that no answer can carry"
    for place, lines in (("headers", head.headers), ("llmvcr.trailers", head.trailers)):
        if (name := _unsendable(lines)) is not None:
            return f"response.{place}", f"has a line that no answer can carry, {ascii(name)[:60]}"
    try:
        urlsplit(request.url)
    except ValueError as error:
        return "request.uri", f"is no URL: {error}"
    return None


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
