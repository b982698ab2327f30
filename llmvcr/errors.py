"""Every error that llmvcr raises by itself.

    LlmvcrError
    ├── OptionError        an option that nobody knows, or a value it cannot have (also a TypeError)
    ├── CassetteError      something is wrong with one file; knows path, interaction, place and fix
    │   ├── ReadError      it cannot be read as any format, or as the one it says it is
    │   ├── StaleError     it was recorded longer ago than llmvcr_max_age, and llmvcr_stale is "fail"
    │   └── WriteError     it cannot be written, or what was written does not read back the same
    ├── FaultError         a fault that cannot be made from the recorded answer, or that never happened
    ├── NetworkBlockedError a connection that a cassette under record mode none stopped (also a RuntimeError)
    ├── LeakError          a cassette with what looks like a secret in it: it is not written under its name
    ├── SideBySideError    a call that could be of several open cassettes: whose it is nobody can know
    └── TypeNameError      a `__type__` that is on no list of ours: it is never imported

A missing recording is `llmvcr.Miss`: it lives in the bridge, because it is vcrpy's
CannotOverwriteExistingCassetteException. `NetworkBlockedAbort` is a NetworkBlockedError that no client can wrap,
retry or swallow, since it is no `Exception`. `StaleWarning`, a UserWarning, is what a cassette gives that is too old.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CassetteError",
    "FaultError",
    "LeakError",
    "LlmvcrError",
    "NetworkBlockedAbort",
    "NetworkBlockedError",
    "OptionError",
    "ReadError",
    "SideBySideError",
    "StaleError",
    "StaleWarning",
    "TypeNameError",
    "WriteError",
]


class LlmvcrError(Exception):
    """The base of every error that llmvcr raises by itself."""


class OptionError(LlmvcrError, TypeError):
    """An option that nobody knows, or a value that the option cannot have."""


class FaultError(LlmvcrError):
    """A fault that cannot be made from the recorded answer, or that never happened while its cassette was open."""


class NetworkBlockedError(LlmvcrError, RuntimeError):
    """A connection to `host`, on `port` (None where it is not known), that nobody heard who would have had it answered.

    `cassette` is the path of the one that is open under record mode none, `because` says why the host is its business.
    It is a RuntimeError with the first words of pytest-recording's, so that what expects that one goes on working; and
    no OSError, which clients take for a lost connection and try again.
    """

    def __init__(self, host: str, port: int | None, cassette: str, because: str) -> None:
        self.host, self.port, self.cassette, self.because = host, port, cassette, because
        super().__init__(host, port, cassette, because)

    def __str__(self) -> str:
        where = "" if self.port is None else f", port {self.port}"
        return (
            f"Network is disabled for host {self.host!r}{where}: {self.because}.\n"
            f"The record mode is none, and the cassette {self.cassette} was not asked: the connection was made by a "
            "client that llmvcr does not hear, or outside of its calls.\n"
            "How to fix:\n"
            "  * Make the request through a client that is heard (httpx, aiohttp, requests ...), and record it.\n"
            "  * If it belongs on the network, name the host in allowed_hosts or ignore_hosts.\n"
            "  * To let everything through, set llmvcr_block_network to 'off'."
        )


class NetworkBlockedAbort(BaseException):
    """A NetworkBlockedError, as `blocked`, for a host of LLMs where a miss aborts (`llmvcr_miss`)."""

    def __init__(self, blocked: NetworkBlockedError) -> None:
        super().__init__(blocked)
        self.blocked = blocked


class SideBySideError(LlmvcrError):
    """A call outside the context of any cassette while several, with these labels, are open side by side."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        super().__init__(
            f"{len(labels)} cassettes are open side by side ({', '.join(labels)}); this call belongs to none of them\n"
            "How to fix: make the call in the context of its cassette; a thread takes that of its maker with "
            "contextvars.copy_context().run, or asyncio.to_thread"
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a trip between processes: the message is made of the labels."""
        return type(self), (self.labels,)


class TypeNameError(LlmvcrError, LookupError):
    """A `__type__` that is on no list of ours; it is kept as text and never imported."""


class CassetteError(LlmvcrError):
    """Something is wrong with one file.

    `path` names the file, `interaction` its position in the file (0-based) or None, `place` the path inside it
    ("response.body[3].__data__") or "", `reason` what is wrong and `fix` what to do next.
    """

    def __init__(
        self, path: str, reason: str, *, interaction: int | None = None, place: str = "", fix: str = ""
    ) -> None:
        self.path, self.reason, self.interaction, self.place, self.fix = path, reason, interaction, place, fix
        where = path
        if interaction is not None:
            where += f", interaction {interaction}"
        if place:
            where += f", {place}"
        super().__init__(f"{where}: {reason}" + (f"\nHow to fix: {fix}" if fix else ""))

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a trip between processes: keyword arguments are not in `args`."""
        return _rebuild, (type(self), self.path, self.reason, self.interaction, self.place, self.fix)


class ReadError(CassetteError):
    """A file that cannot be read as any format, or as the one it says it is; it is left as it was."""


class StaleError(CassetteError):
    """A cassette that was recorded longer ago than it may be (`llmvcr_max_age`)."""


class StaleWarning(UserWarning):
    """Says that a cassette was recorded longer ago than it may be (`llmvcr_max_age`)."""


class WriteError(CassetteError):
    """A file that cannot be written, or that does not read back as it was written."""


class LeakError(LlmvcrError):
    """A cassette that is not written, since `found` in what was recorded look like secrets; `kept` is where it is."""

    def __init__(self, path: str, found: Sequence[str], kept: str) -> None:
        self.path, self.found, self.kept = path, tuple(found), kept
        many = "what looks like a secret" if len(self.found) == 1 else f"{len(self.found)} places with secrets"
        lines = "\n".join(f"  {each}" for each in self.found)
        super().__init__(
            f"{path}: is not written, since {many} would be in it:\n{lines}\n"
            "How to fix: name the field, the header, the shape or the value in llmvcr_redact, or say that it is none "
            f"by llmvcr_leaks = warn; what was recorded, with the above masked, is kept in {kept}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a trip between processes: the message is made of the parts."""
        return type(self), (self.path, self.found, self.kept)


def _rebuild(
    kind: type[CassetteError], path: str, reason: str, interaction: int | None, place: str, fix: str
) -> CassetteError:
    return kind(path, reason, interaction=interaction, place=place, fix=fix)
