"""The page as a file: one piece, with a policy that lets nothing in, and its data as they were."""

from __future__ import annotations

import base64
import json
import os
import re
from decimal import Decimal
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings

from interactions import DOCUMENTS
from llmvcr.conversation import LlmCall
from llmvcr.errors import CassetteError
from llmvcr.formats import Document
from llmvcr.storage import load, members
from llmvcr.viewing import Page, is_page, unread, viewed
from shared import PROJECT, corpus
from viewing.recorded import everything, hostile
from viewing.test_embedding import unpacked

ASSETS = PROJECT / "llmvcr" / "viewing" / "assets"
ALL = not os.environ.get("LLMVCR_LONG")


def free(_: LlmCall) -> Decimal | None:
    """Know no price."""
    return None


class Parts(HTMLParser):
    """The elements of a page: each with its attributes, and the text of scripts and styles."""

    def __init__(self, page: bytes) -> None:
        """Read a page."""
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._within = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))
        self._within = "data" if dict(attrs).get("id") == "data" else tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's interface
        """Note that an element ends."""
        self._within = ""

    def handle_data(self, data: str) -> None:
        """Note what stands in an element."""
        self.texts[self._within] = self.texts.get(self._within, "") + data


def page_of(*interactions: Any, title: str = "test.yaml") -> bytes:
    """Make a page of one file."""
    page = Page(title)
    page.add(viewed(title, Document(tuple(interactions)), free))
    return page.render()


def data_of(page: bytes) -> Any:
    """Give a page's data, with each interaction's detail in its place, as `--json` has it."""
    data = json.loads(Parts(page).texts["data"])
    held = [unpacked(block) for block in data.pop("blocks")]
    for file in data["files"]:
        for one in file["interactions"]:
            block, index = one.pop("at")
            one["detail"] = held[block][index]
    return data


def test_nothing_is_let_in() -> None:
    """The policy names the one script and the one style by their hashes, pictures inside the page, and nothing else."""
    parts = Parts(page_of(*everything()))
    policy = next(a["content"] for tag, a in parts.found if a.get("http-equiv") == "Content-Security-Policy")
    hashes = {
        name: base64.b64encode(sha256(parts.texts[name].encode()).digest()).decode() for name in ("script", "style")
    }
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert [a.get("type") for tag, a in parts.found if tag == "script"] == ["application/json", None]
    assert not [a for _, a in parts.found for name in a if name.startswith("on") or name == "style"]
    loaded = [a[name] for _, a in parts.found for name in ("src", "href") if name in a]
    assert all(str(one).startswith(("data:image/svg+xml", "#")) for one in loaded)


def test_the_script_makes_no_markup() -> None:
    """Nothing in the script reads a text as markup or as code, asks the network, or ends the element that it is in."""
    script = "".join(path.read_text() for path in sorted(ASSETS.glob("*.js")))
    unwanted = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|fetch\(|XMLHttp|import\(|</"
    assert re.findall(unwanted, script) == []
    assert "url(" not in (ASSETS / "style.css").read_text()
    assert set(re.findall(r"https?://[\w./]+", script)) == {"http://www.w3.org/2000/svg"}


def test_all_that_is_hostile_is_data() -> None:
    """However hostile its texts and its name, the page has the elements of an empty one, and the data as they were."""
    title = "</title><script>alert(1)</script>.yaml"
    interactions = hostile()
    page = page_of(*interactions, title=title)
    assert [tag for tag, _ in Parts(page).found] == [tag for tag, _ in Parts(page_of()).found]
    file = viewed(title, Document(tuple(interactions)), free)
    assert data_of(page) == {"version": 1, "title": title, "files": [json.loads(json.dumps(file))]}


@settings(max_examples=25)
@given(DOCUMENTS)
def test_anything_recorded_has_a_page(document: Document) -> None:
    """Whatever bytes were recorded, they have a page with valid data; equal recordings have equal pages."""
    page = page_of(*document)
    assert len(data_of(page)["files"][0]["interactions"]) == len(document)
    assert page == page_of(*document)


def test_a_file_that_could_not_be_read_stands_on_the_page() -> None:
    """Its reason is there in its place, between the others."""
    page = Page("all")
    page.add(viewed("a.yaml", Document(tuple(everything()[:1])), free))
    page.add(unread("b.yaml", "is empty"))
    files = data_of(page.render())["files"]
    assert [(one["path"], one["error"], len(one["interactions"])) for one in files] == [
        ("a.yaml", "", 1),
        ("b.yaml", "is empty", 0),
    ]


def test_in_a_few_words() -> None:
    """What the list says of an interaction: whose it is, what was asked, what was answered, what it took."""
    rows = viewed("x", Document(tuple(everything())), lambda _: Decimal("0.25"))["interactions"]
    told = [(one["provider"], one["asked"], one["answered"]) for one in rows]
    assert told[1] == (
        "openai",
        '← get_weather: {"days": [{"high": 24.5}, {"high": 26.0}]}',
        "Yes: **24 to 26 degrees** for three days. ```python print('pack light') ``` Enjoy.",
    )
    assert told[4][1:] == ("A gradient", '"A gradient": 1 image')
    assert rows[1]["tokens"] == {"input": 1284, "output": 57, "cached": 1024}
    assert rows[1]["usd"] == 0.25
    assert [one["failed"] for one in rows].count(True) == 1
    assert (rows[-1]["provider"], rows[-1]["usd"]) == ("", None)


def test_a_page_is_known_as_one() -> None:
    """A page of ours is known by its beginning, and any other is not."""
    assert is_page(page_of())
    assert not is_page(b"<!doctype html><title>mine</title>")
    assert not is_page(b"")


@pytest.mark.slow
def test_every_file_of_the_corpus_has_a_page() -> None:
    """Nothing in the cassettes of other projects stops a page, and its data are valid (some of the files, or all)."""
    for path in members(corpus("vcrpy"))[:: 60 if ALL else 1]:
        try:
            document = load(path)
        except CassetteError:
            continue
        page = page_of(*document)
        assert len(data_of(page)["files"][0]["interactions"]) == len(document), path
