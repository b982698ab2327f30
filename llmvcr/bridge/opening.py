"""What no client could be served is named when the cassette is opened, not when a test comes to it."""

from __future__ import annotations

from llmvcr.errors import ReadError
from llmvcr.formats import playable, unread
from llmvcr.interaction import Interaction, is_socket

__all__ = ["check"]

_AGAIN = "record it again, or take the interaction out of the file"


def check(interaction: Interaction, *, path: str, number: int) -> None:
    """Raise ReadError, with interaction and place, for one that cannot be played.

    What is missing or has a wrong type was found when the file was read. Here: what `playable.fault` tells, and a
    WebSocket without its frames, or with such as cannot be sent. An unknown `__type__`, an encoding that nobody knows
    and a body that is cut are played as they were recorded, and a failed attempt of any name as a failure. A body that
    is still in the file stays there.
    """
    if unread.is_outlined(interaction):
        return  # it was looked at when its file was read before
    if (found := playable.fault(interaction.request, unread.head(interaction))) is not None:
        place, reason = found
        raise ReadError(path, reason, interaction=number, place=place, fix=_AGAIN)
    if is_socket(interaction.request.url):
        from llmvcr.bridge.sockets import check as check_socket  # noqa: PLC0415 - few cassettes hold any

        check_socket(interaction, path=path, number=number)
