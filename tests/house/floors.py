"""The floors of the house: imports go downward, and each outsider comes in through one door."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from house.source import Module, imports

__all__ = ["DOORS", "FLOORS", "SIDE_DOORS", "cycles", "doors", "homeless", "upward"]

FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "interaction", "late"),
    ("wire",),
    ("providers",),
    (
        *(
            "canonical",
            "bodies",
            "quick_json",
            "ids",
            "plans",
            "renaming",
            "presets",
            "rulesets",
            "jsonpaths",
            "loosening",
        ),
        *("answers", "side_traffic"),
        *("redaction", "secrets"),
    ),
    (
        "index",
        "normalizing",
        "origins",
        "diff",
        "formats",
        "faults",
        "sockets",
    ),
    ("storage", "sdk_objects", "listing", "model_lists", "lookup", "explaining", "conversation"),
    (
        "conversion",
        "jobs",
        "prices",
        "trees",
        "grouping",
        "resume",
        "pool",
        "naming",
        "taps",
        "keeping",
        "lifecycle",
        "runs",
        "scrubbing",
        "walls",
        "viewing",
    ),
    ("bridge",),
    ("cli", "ini", "reporting", "pytest_plugin"),
    ("", "__main__"),  # llmvcr itself
)
"""The rooms of llmvcr, from the ground up; a room is a module or a package right below llmvcr."""

DOORS = {
    "genai_prices": "llmvcr.prices",
    "betterleaks": "llmvcr.secrets.scanner",
    "filelock": "llmvcr.storage",
    "msgspec": "llmvcr.formats",
    "yaml": "llmvcr.formats",
    "vcr": "llmvcr.bridge",
    "pytest": "llmvcr.pytest_plugin",
    "_pytest": "llmvcr.pytest_plugin",
    "pytest_recording": "llmvcr.pytest_plugin",
    "pluggy": "llmvcr.reporting",
    "jsonpath_rfc9535": "llmvcr.jsonpaths",
    "httpx": "llmvcr.taps.httpx",
    "httpx2": "llmvcr.taps.httpx",
    "aiohttp": "llmvcr.taps.aiohttp",
    "httpcore": "llmvcr.taps.httpx",
    "httpcore2": "llmvcr.taps.httpx",
    "urllib3": "llmvcr.taps.urllib3",
    "websockets": "llmvcr.taps.websockets",
    "openai": "llmvcr.sdk_objects",
    "anthropic": "llmvcr.sdk_objects",
    "ollama": "llmvcr.sdk_objects",
}
"""By outsider: the one module, or the one package, that may import it."""


SIDE_DOORS = {"msgspec": "llmvcr.quick_json"}
"""By outsider: one more module that may import it, on a lower floor."""


def _room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def _floor(name: str) -> int | None:
    return next((number for number, rooms in enumerate(FLOORS) if _room(name) in rooms), None)


def _is_ours(name: str) -> bool:
    return name == "llmvcr" or name.startswith("llmvcr.")


def homeless(modules: Sequence[Module]) -> list[str]:
    """Name the modules whose room stands on no floor: the idea is not clear yet."""
    return [f"{m.path}: the room {_room(m.name)!r} has no floor" for m in modules if _floor(m.name) is None]


def upward(modules: Sequence[Module]) -> list[str]:
    """Name the imports of a room on a higher floor; rooms of one floor may know each other (see `cycles`)."""
    known = [module.name for module in modules]
    found = []
    for module in modules:
        own = _floor(module.name)
        for node, target in imports(module, known):
            other = _floor(target) if _is_ours(target) else None
            if own is not None and other is not None and other > own:
                found.append(module.at(node, f"{module.name} (floor {own}) imports {target} (floor {other})"))
    return found


def cycles(modules: Sequence[Module]) -> list[str]:
    """Name one way round for each import cycle that can be reached."""
    known = {module.name for module in modules}
    wanted = {m.name: sorted({t for _, t in imports(m, sorted(known)) if t in known} - {m.name}) for m in modules}
    found: list[str] = []
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            found.append(" -> ".join([*trail[trail.index(name) :], name]))
        elif name not in done:
            for target in wanted[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(wanted):
        visit(name, ())
    return found


def doors(modules: Sequence[Module]) -> list[str]:
    """Name the imports of outsiders that have no door, or come in through another one."""
    found = []
    for module in modules:
        for node, target in imports(module):
            outsider = target.partition(".")[0]
            if outsider == "llmvcr" or outsider in sys.stdlib_module_names:
                continue
            door = DOORS.get(outsider)
            if door is None:
                found.append(module.at(node, f"{outsider} has no door"))
            elif module.name not in (door, SIDE_DOORS.get(outsider)) and not module.name.startswith(f"{door}."):
                found.append(module.at(node, f"{outsider} comes in through {door} only"))
    return found
