"""Which rows a request may be: the tables of all providers, indexed by host and by the last fixed word of the path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from llmvcr.providers.base import Endpoint, Provider

__all__ = ["Candidate", "Router", "is_loopback", "split_path"]

_V1 = re.compile(r"v1(?:(?:alpha|beta)\d*)?")
_VERSIONS = frozenset({"v1", "v2", "v3"})

# Behind these base paths the calls of this first word are no other API's, body or none.
_BASES = frozenset({"openai", "v1"})
_UNMISTAKABLE = frozenset({"assistants", "audio", "chat", "images", "models", "vector_stores"})

# Hosts with a /v1/models or /v1/files of their own, which only a row of theirs may name.
_OTHER_APIS = ("api.anthropic.com", ".googleapis.com", ".stripe.com")


class Candidate(NamedTuple):
    """A row that a request may be, going by its method and URL; what stands in its body decides."""

    keys: tuple[str, ...]
    """With all of these in its body it is this call; where there are none to ask for, it is."""
    at_home: bool
    """It is without them, too, unless a later candidate fits."""
    sure: bool
    """It is without a body, too."""
    found: tuple[Provider, Endpoint]


class _Route(NamedTuple):
    endpoint: Endpoint
    words: tuple[tuple[str, str | None], ...]
    """Of each word what is fixed: (the word, None), or what stands around a parameter: (beginning, end)."""
    rank: tuple[int, int]
    """The more words, and the more of them fixed, the likelier; whether a row writes the version out plays no part."""
    order: int
    owners: dict[str, tuple[int, Provider]]
    """Everyone who has this very row, by name, with its place among the rows of that one."""


class Router:
    """The rows of some providers, ready to be asked. Of its own it knows nothing and keeps nothing."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._hosts: dict[str, tuple[str, ...]] = {}
        self._providers: dict[str, Provider] = {}
        # By method, the last fixed word, and how many parameters follow it.
        self._routes: dict[tuple[str, str, int], list[_Route]] = {}
        # Hosts that speak OpenAI's API bring the very same rows again and again.
        known: dict[int, _Route] = {}
        for provider in providers:
            self._providers[provider.name] = provider
            for host in provider.hosts:
                self._hosts[host] = (*self._hosts.get(host, ()), provider.name)
            for place, endpoint in enumerate(provider.endpoints):
                route = known.get(id(endpoint))
                if route is None:
                    words = tuple(map(_fixed, _words(endpoint.path)))
                    rank = -sum(word not in _VERSIONS for word, _ in words), sum(end is not None for _, end in words)
                    route = known[id(endpoint)] = _Route(endpoint, words, rank, len(known), {})
                    self._routes.setdefault((endpoint.method, *_last_fixed(words)), []).append(route)
                route.owners[provider.name] = place, provider
        self._most = 1 + max((behind for _, _, behind in self._routes), default=0)
        self._patterns: dict[str, list[tuple[str, str, str]]] = {}
        for host in self._hosts:
            beginning, star, end = host.partition("*")
            if star:
                self._patterns.setdefault(_domain(end), []).append((beginning, end, host))

    def candidates(self, method: str, url: str) -> tuple[Candidate, ...]:
        """Give the rows that a request may be, the likeliest first. Never raises."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return ()
        words = _words(parts.path)
        if "%" in parts.path:
            words = tuple(map(unquote, words))
        homes = self._homes(host, port)
        own: list[tuple[tuple[int, int], int, Candidate]] = []
        others: list[tuple[tuple[int, int], int, Candidate]] = []
        settled = False
        for route in self._fitting(method.upper(), words):
            endpoint, keys = route.endpoint, route.endpoint.body_keys
            base, call = words[: len(words) - len(route.words)], words[len(words) - len(route.words) :]
            owners = [route.owners[name] for name in homes if name in route.owners]
            for place, provider in owners:
                at_home = _is_base(base, provider.bases)
                settled = settled or at_home
                if at_home or keys:
                    own.append((route.rank, place, Candidate(keys, at_home, at_home, (provider, endpoint))))
            if not owners and not settled:
                provider = next(iter(route.owners.values()))[1]
                # Of the others' calls a known host has those that it names: Gemini's are below /v1beta/openai.
                sure = (not homes or "openai" in base) and _is_sure(host, base, call, provider)
                if (keys and not _is_others(host, words)) or (sure and not keys):
                    others.append((route.rank, route.order, Candidate(keys, False, sure, (provider, endpoint))))  # noqa: FBT003
        # Where the path says it at home, what other APIs have of that name does not count.
        rows = (*sorted(own, key=_rank), *(() if settled else sorted(others, key=_rank)))
        return tuple(candidate for _, _, candidate in rows)

    def owner(self, url: str) -> Provider | None:
        """Give the provider whose own host a URL names; a port alone makes no host anybody's. Never raises."""
        try:
            host = (urlsplit(url).hostname or "").lower()
        except ValueError:
            return None
        return next((self._providers[name] for name in self._homes(host, None)), None)

    def _homes(self, host: str, port: int | None) -> tuple[str, ...]:
        homes = self._hosts.get(host, ())
        if port is not None:
            homes += self._hosts.get(f"*:{port}", ())
        for beginning, end, pattern in self._patterns.get(_domain(host), ()):
            if host.startswith(beginning) and host.endswith(end):
                homes += self._hosts[pattern]
        return homes

    def _fitting(self, method: str, words: tuple[str, ...]) -> Iterator[_Route]:
        found: list[_Route] = []
        for behind, word in enumerate(reversed(words[-self._most :] or ("",))):
            found += self._routes.get((method, word, behind), ())
            if ":" in word:
                found += self._routes.get((method, word[word.rindex(":") :], behind), ())
        for route in found:
            cut = len(words) - len(route.words)
            if cut < 0 or bool(route.words) != bool(words):
                continue
            for given, (beginning, end) in zip(words[cut:], route.words, strict=True):
                if given != beginning if end is None else not _is_between(given, beginning, end):
                    break
            else:
                yield route


def split_path(endpoint: Endpoint, path: str) -> tuple[str, dict[str, str]]:
    """Split the path of a URL that `find` gave `endpoint` for: what stands before the call, and its parameters.

    The base comes without its final "/v1", doubled or not, and without Google's "/v1beta" and the like, which come and
    go with the SDK's version: "" for "/v1/v1/chat/completions" and "/chat/completions", "/compatible-mode" for
    DashScope. Parameters are percent-decoded.
    """
    words = _words(path)
    names = _words(endpoint.path)
    cut = max(len(words) - len(names), 0)
    base = words[:cut]
    while base and _V1.fullmatch(base[-1]):
        base = base[:-1]
    given = {}
    for name, word in zip(names, words[cut:], strict=False):
        start, end = name.find("{"), name.find("}")
        if start >= 0:
            plain = unquote(word)
            given[name[start + 1 : end]] = plain[start : len(plain) - len(name) + end + 1]
    return "".join(f"/{word}" for word in base), given


def is_loopback(host: str) -> bool:
    """Say whether a host name (lower case, no port, no brackets) is this machine."""
    return host in {"localhost", "::1", "0.0.0.0"} or host.startswith("127.")  # noqa: S104 - compared, never bound


def _rank(row: tuple[tuple[int, int], int, Candidate]) -> tuple[tuple[int, int], int]:
    return row[:2]


def _domain(host: str) -> str:
    return ".".join(host.rsplit(".", 2)[-2:])


def _words(path: str) -> tuple[str, ...]:
    return tuple(word for word in path.split("/") if word)


def _fixed(word: str) -> tuple[str, str | None]:
    beginning, brace, rest = word.partition("{")
    return (beginning, rest.partition("}")[2]) if brace else (word, None)


def _last_fixed(words: tuple[tuple[str, str | None], ...]) -> tuple[str, int]:
    for behind, (beginning, end) in enumerate(reversed(words)):
        if end is None or end:
            return beginning if end is None else end, behind
    return "", 0


def _is_between(word: str, beginning: str, end: str) -> bool:
    return len(word) > len(beginning) + len(end) and word.startswith(beginning) and word.endswith(end)


def _is_base(base: tuple[str, ...], known: tuple[str, ...]) -> bool:
    path = "".join(f"/{word}" for word in base if word != "v1")
    return not path or path in known


def _is_others(host: str, words: tuple[str, ...]) -> bool:
    # Their chat endpoints that speak OpenAI's API do count; the calls that merely look alike do not.
    return words[-1:] == ("files",) and host.endswith(_OTHER_APIS)


def _is_sure(host: str, base: tuple[str, ...], call: tuple[str, ...], provider: Provider) -> bool:
    if call[:1] != ("api",) and (not base or base[-1] not in _BASES):
        return False
    if is_loopback(host):
        return True
    if call[:1] == ("api",) or (host.endswith(_OTHER_APIS) and "openai" not in base):
        return False
    return call[0] in _UNMISTAKABLE or (len(call) > 1 and call[1].startswith(provider.id_prefixes))
