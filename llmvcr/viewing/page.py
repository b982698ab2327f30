"""The page: one HTML file with its style, its script and its data inside, which may load nothing from anywhere."""

from __future__ import annotations

import base64
from hashlib import sha256
from html import escape
from importlib import resources
from string import Template

from llmvcr.interaction import Json
from llmvcr.viewing.embedding import blocks, script_safe

__all__ = ["VERSION", "Page", "is_page"]

VERSION = 1
"""Of the shape of the data."""

_MARK = b'<meta name="generator" content="llmvcr view">'
_LOOK = 1024
_SCRIPTS = ("dom", "json", "parts", "timeline", "events", "changes", "comparing", "tabs", "list", "search", "app")
"""The parts of the script, in the order in which they stand in it."""


class Page:
    """A page under way: files are added one by one, and what nobody may ever look at is packed at once."""

    def __init__(self, title: str) -> None:
        """Begin an empty page."""
        self._title = title
        self._files: list[Json] = []
        self._blocks: list[str] = []

    def add(self, file: dict[str, Json]) -> None:
        """Add a file, as `viewed` or `unread` gave it."""
        rows = [{key: told for key, told in one.items() if key != "detail"} for one in file["interactions"]]
        place = 0
        for count, block in blocks([one["detail"] for one in file["interactions"]]):
            for index in range(count):
                rows[place + index]["at"] = [len(self._blocks), index]
            place += count
            self._blocks.append(block)
        self._files.append({**file, "interactions": rows})

    def render(self) -> bytes:
        """Give the page as a file's bytes; the same for the same data."""
        style = _asset("style.css")
        script = '"use strict";\n(() => {\n' + "\n".join(_asset(f"{name}.js") for name in _SCRIPTS) + "})();\n"
        data = {"version": VERSION, "title": self._title, "files": self._files, "blocks": self._blocks}
        policy = (
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        )
        return (
            Template(_asset("page.html"))
            .substitute(policy=policy, title=escape(self._title), style=style, script=script, data=script_safe(data))
            .encode("utf-8", "replace")
        )


def is_page(data: bytes) -> bool:
    """Say whether a file is a page that was made here."""
    return _MARK in data[:_LOOK]


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("assets", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
