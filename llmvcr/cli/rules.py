"""`llmvcr rules`: what is not compared as it stands, provider by provider, each with its reason; and the presets."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from llmvcr import redaction
from llmvcr.cli.progress import say
from llmvcr.errors import OptionError
from llmvcr.interaction import Json
from llmvcr.presets import PRESETS
from llmvcr.providers import OTHER, PROVIDERS, Endpoint, Provider, Rule
from llmvcr.renaming import ANSWERED_ID, DATA_URL, ID_IN_TEXT, PREFIXED_ID

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

__all__ = ["add", "run"]

_ABOUT = """\
Print the rules of matching: which parts of a request are left out ("ignore"), renamed by order of appearance ("id"),
equal in either base64 alphabet ("base64"), or equal when null and absent ("null"). Whatever no rule names is compared.
Rules of your own (llmvcr_ignore, llmvcr_ids, llmvcr_patterns) are not known here."""

_CODES = """\
examples:
  llmvcr rules --provider openai
  llmvcr rules --endpoint embeddings
  llmvcr rules --json | jq '.presets[].name'

exit codes: 0 printed, 2 wrong usage, such as a provider that nobody knows"""

_VERSION = 1
_EVERYWHERE = (ID_IN_TEXT, PREFIXED_ID, ANSWERED_ID, DATA_URL)


def add(subparsers: Subparsers) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser(
        "rules",
        help="print what is not compared, and why",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--provider", metavar="NAME", help="the rules of one provider only")
    parser.add_argument("--endpoint", metavar="NAME", help="the rules of the endpoints of this name only")
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs to read")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them; raises OptionError for a provider or an endpoint that nobody knows."""
    _check("provider", args.provider, (provider.name for provider in PROVIDERS))
    providers = [provider for provider in PROVIDERS if args.provider in (None, provider.name)]
    _check("endpoint", args.endpoint, (endpoint.name for provider in providers for endpoint in _endpoints(provider)))
    chosen = [
        (provider, endpoints)
        for provider in providers
        if (endpoints := [one for one in _endpoints(provider) if args.endpoint in (None, one.name)])
    ]
    if args.json:
        say(sys.stdout, json.dumps(_as_json(chosen) | {"redacted": dict(redaction.rows())}, indent=2))
        return 0
    whole = args.provider is None and args.endpoint is None
    for provider, endpoints in chosen:
        _print_provider(provider, endpoints)
    say(sys.stdout, "every provider")
    _print(_EVERYWHERE)
    for preset in PRESETS if whole else ():
        say(sys.stdout, f"preset {preset.name}: {preset.about}")
        _print((*preset.rules, *preset.everywhere))
    for where, names in redaction.rows() if whole else ():
        say(sys.stdout, f"redacted: {where}")
        for name in names:
            say(sys.stdout, f"    {name}")
    return 0


def _endpoints(provider: Provider) -> tuple[Endpoint, ...]:
    other = Endpoint(OTHER, "DELETE, PATCH, POST, PUT", "any other path on its hosts", provider.rules)
    return (*provider.endpoints, other) if provider.hosts else provider.endpoints


def _print_provider(provider: Provider, endpoints: Sequence[Endpoint]) -> None:
    if provider.id_prefixes:
        say(sys.stdout, f"{provider.name}: ids in texts begin with {', '.join(provider.id_prefixes)}")
    without = []
    for endpoint in endpoints:
        if endpoint.rules:
            say(sys.stdout, f"{provider.name} {endpoint.name}: {endpoint.method} {endpoint.path}")
            _print(endpoint.rules)
        if endpoint.headers:
            say(sys.stdout, f"{provider.name} {endpoint.name}: compared with {' and '.join(endpoint.headers)}")
        if not endpoint.rules and not endpoint.headers:
            without.append(endpoint.name)
    if without:
        say(sys.stdout, f"{provider.name}, without rules of their own: {', '.join(dict.fromkeys(without))}")


def _print(rules: Iterable[Rule]) -> None:
    reason = action = None
    for rule in rules:
        if (rule.reason, rule.action) != (reason, action):
            reason, action = rule.reason, rule.action
            say(sys.stdout, f"  {action}: {reason}")
        say(sys.stdout, f"    {rule.path}")


def _check(what: str, name: str | None, known: Iterable[str]) -> None:
    names = list(dict.fromkeys(known))
    if name is not None and name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
        raise OptionError(f"--{what}: there is no {what} {name!r}; {hint}")


def _as_json(chosen: Iterable[tuple[Provider, Sequence[Endpoint]]]) -> dict[str, Json]:
    return {
        "version": _VERSION,
        "providers": [
            {
                "name": provider.name,
                "id_prefixes": list(provider.id_prefixes),
                "endpoints": [
                    {
                        "name": one.name,
                        "method": one.method,
                        "path": one.path,
                        "headers": list(one.headers),
                        "rules": _rows(one.rules),
                    }
                    for one in endpoints
                ],
            }
            for provider, endpoints in chosen
        ],
        "everywhere": _rows(_EVERYWHERE),
        "presets": [
            {"name": preset.name, "about": preset.about, "rules": _rows((*preset.rules, *preset.everywhere))}
            for preset in PRESETS
        ],
    }


def _rows(rules: Iterable[Rule]) -> list[Json]:
    return [{"path": rule.path, "action": rule.action, "reason": rule.reason} for rule in rules]
