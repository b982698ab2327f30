"""What the wall of one cassette stops: hosts that it recorded and hosts of providers, or every host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from urllib.parse import urlsplit

from llmvcr.errors import NetworkBlockedAbort, NetworkBlockedError
from llmvcr.interaction import Request

__all__ = ["Wall"]

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_WEB = frozenset(_PORTS.values())
_LOOPBACK = "localhost"  # stands for every name and address of this machine


class Wall:
    """The wall of a cassette that is open under record mode none."""

    def __init__(
        self,
        cassette: str,
        recorded: Callable[[], Iterable[Request]],
        *,
        everything: bool = False,
        allowed: Sequence[str] = (),
        ignored: Iterable[str | re.Pattern[str]] = (),
        abort: bool = False,
    ) -> None:
        """Build the wall of the cassette at the path `cassette`; `recorded` is not asked before something connects.

        With `everything` it stops every host. `allowed` are regular expressions that a host begins with, as
        pytest-recording reads its `allowed_hosts`; `ignored` are names, or patterns of whole names, as vcrpy reads
        its `ignore_hosts`. With `abort` the error for a host of LLMs is no `Exception`. Raises re.error for an
        `allowed` that is no regular expression.
        """
        self._cassette, self._recorded, self._everything, self._abort = cassette, recorded, everything, abort
        self._allowed = tuple(re.compile(expression) for expression in allowed)
        self._ignored = frozenset(one for one in ignored if isinstance(one, str))
        self._ignored_patterns = tuple(one for one in ignored if isinstance(one, re.Pattern))

    @property
    def has_allowed(self) -> bool:
        """Whether there are hosts that are allowed, so that what is not allowed by name may be by address."""
        return bool(self._allowed)

    def allows(self, host: str) -> bool:
        """Say whether a name or an address is allowed."""
        return any(pattern.match(host) for pattern in self._allowed)

    def _lets(self, host: str) -> bool:
        return (
            self.allows(host)
            or host in self._ignored
            or any(pattern.fullmatch(host) for pattern in self._ignored_patterns)
        )

    def stops(
        self, names: Sequence[str], port: int | None, *, everything: bool = True
    ) -> NetworkBlockedError | NetworkBlockedAbort | None:
        """Return the error for a connection to a host that has all these `names` (addresses too), or None.

        `port` None is any. Without `everything` only hosts that the cassette should know are stopped.
        """
        if any(map(self._lets, names)):
            return None
        because = self._because(names, port)
        if not because and everything and self._everything:
            because = "llmvcr_block_network is 'all'"
        if not because:
            return None
        blocked = NetworkBlockedError(names[-1], port, self._cassette, because)
        return NetworkBlockedAbort(blocked) if self._abort and self._is_llm(names, port) else blocked

    def _because(self, names: Sequence[str], port: int | None) -> str:
        for name in map(_plain, names):
            if _fits(self._places, name, port):
                return "it is a host of this cassette"
            if provider := _provider(name, port):
                return f"it is a host of the provider {provider}"
        return ""

    def _is_llm(self, names: Sequence[str], port: int | None) -> bool:
        from llmvcr.canonical import canonical  # noqa: PLC0415 - mostly nothing comes to a wall

        plain = tuple(map(_plain, names))
        if any(_provider(name, port) for name in plain):
            return True
        here = (one for one in self._recorded() if any(_fits({_place(one.url)}, name, port) for name in plain))
        return any(canonical(request).provider for request in here)

    @cached_property
    def _places(self) -> frozenset[tuple[str, int]]:
        return frozenset(_place(request.url) for request in self._recorded())


def _fits(places: frozenset[tuple[str, int]] | set[tuple[str, int]], name: str, port: int | None) -> bool:
    """Say whether a host was recorded: on this port, or, but for this machine, on the web's other one."""
    if (name, port) in places:
        return True
    if port is not None and (name == _LOOPBACK or port not in _WEB):
        return False
    return any(host == name and (port is None or at in _WEB) for host, at in places)


def _place(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        return _plain(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


def _plain(host: str) -> str:
    from llmvcr.providers import is_loopback  # noqa: PLC0415 - as above

    host = host.lower().rstrip(".").partition("%")[0]
    return _LOOPBACK if is_loopback(host) else host


def _provider(host: str, port: int | None) -> str:
    """Name the provider that a host is one of, or ""; the hosts of `Provider` have at most one "*" each."""
    from llmvcr.providers import PROVIDERS  # noqa: PLC0415 - as above

    for provider in PROVIDERS:
        for pattern in provider.hosts:
            beginning, star, end = pattern.partition("*")
            if end.startswith(":"):
                if end == f":{port}":
                    return provider.name
            elif host == pattern or (star and host.startswith(beginning) and host.endswith(end)):
                return provider.name
    return ""
