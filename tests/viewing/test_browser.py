"""The page in headless Chromium: what a person reads, what the keys do, and that it asks for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmvcr import sockets
from llmvcr.formats import Document
from llmvcr.interaction import Interaction, Request, Response
from llmvcr.viewing import Page, unread, viewed
from viewing.browser import Browser, chromium, launched
from viewing.recorded import HOSTILE, agent, everything, hostile, streamed
from viewing.test_page import free, page_of

PHONE = (390, 780)
ROW = "document.querySelector('#list [aria-current]')?.getAttribute('href')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the tests of this file."""
    if chromium() is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    with launched(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The address of a page with one interaction of each kind."""
    return written(tmp_path, page_of(*everything()))


def written(folder: Path, page: bytes) -> str:
    """Write a page, and give its address."""
    (folder / "page.html").write_bytes(page)
    return (folder / "page.html").as_uri()


def go(browser: Browser, place: str) -> str:
    """Go to a place of the page, and give what stands there when it is drawn."""
    before = browser.run("document.body.dataset.drawn")
    browser.run(f"location.hash = {json.dumps(place)}")
    browser.wait(f"document.body.dataset.drawn !== {json.dumps(before)}")
    return browser.text("main")


def check_quiet(browser: Browser) -> None:
    """Nothing was complained of, and nothing was asked for beyond the page and the pictures in it."""
    browser.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert browser.complaints == []
    assert [url for url in browser.asked if not url.startswith(("file:", "data:image/png;base64,"))] == []


def test_what_is_read(browser: Browser, page: str) -> None:
    """Roles, tools, results, tokens, times, requests, headers and pictures are there to be read."""
    browser.open(page)
    talk = go(browser, "#1")
    for words in (
        "gpt-4o",
        "1,284",
        "1,024 cached",
        "get_weather",
        "Lisbon",
        "26.0",
        "24 to 26 degrees",
        "stop",
    ):
        assert words in talk
    assert "```" not in talk  # code is set as code
    assert "Show all of the 1,658 characters" in talk
    browser.run("document.querySelector('.turn.system button.more').click()")
    assert browser.text(".turn.system").count("Never book without asking.") == 60
    asked = go(browser, "#1/request")
    assert '"temperature": 0.3' in asked
    assert "user-agent" in asked
    assert "OpenAI/Python 3.54.0" in asked
    assert "x-request-id" in go(browser, "#1/response")
    assert "All connection attempts failed" in go(browser, "#7")
    assert "429" in go(browser, "#6")
    for place in ("#3", "#4", "#9"):
        go(browser, place)
        browser.wait("document.querySelector('main img')?.naturalWidth === 48")
    assert "audio/mpeg" in go(browser, "#5/response")
    check_quiet(browser)


def test_a_stream_is_followed(browser: Browser, page: str) -> None:
    """The timeline says when each chunk came, what was said so far at each moment of it, and can be played."""
    browser.open(page)
    told = go(browser, "#2/stream")
    for words in ("63 pieces", "head after 220 ms", "312 ms at most", "63 events", "in 63 chunks"):
        assert words in told
    browser.run("document.querySelector('.chart').focus()")
    browser.press("Home")
    assert "chunk 1 of 63, 138 B, after 232 ms" in browser.text(".readout")
    assert browser.text(".spelling > span:first-child") == "Let me think. "
    browser.press("ArrowRight", "ArrowRight")
    assert browser.text(".spelling > span:first-child").endswith("word0.\nword1 ")
    assert browser.run("document.querySelector('.events [aria-current] .place').textContent") == "2"
    browser.run("document.querySelector('.events [aria-current] button').click()")
    assert '"finish_reason": null' in browser.text(".events [aria-current]")
    browser.run("document.querySelector('.readout button').click()")
    browser.wait("document.querySelector('.chart').getAttribute('aria-valuenow') === '63'")
    assert browser.text(".readout button") == "Play"
    check_quiet(browser)


def test_keys(browser: Browser, page: str) -> None:
    """Each key does what the help says of it."""
    browser.open(page)
    browser.press("j", "j", "k")
    browser.wait(f"{ROW} === '#1'")
    browser.press("ArrowDown", "2")
    browser.wait("document.querySelector('[aria-selected=true]')?.id === 'tab-stream'")
    browser.press("3")
    browser.wait("document.querySelector('[aria-selected=true]')?.id === 'tab-request'")
    browser.press("/")
    browser.write("LISBON")
    browser.wait("document.getElementById('found').textContent === '2 interactions with it'")
    assert browser.text("#list mark") == "Lisbon"
    browser.wait("CSS.highlights.size === 1 || !document.querySelector('main').textContent.includes('Lisbon')")
    browser.press("Enter")
    browser.wait(f"{ROW} === '#0'")
    browser.press("/", "Escape")
    browser.wait("document.getElementById('found').textContent === ''")
    browser.press("j", "d")
    browser.wait("document.getElementById('choose').open")
    browser.write("beach")
    browser.press("Enter")
    browser.wait("location.hash === '#1/diff/0' && document.querySelector('.comparison')")
    told = browser.text("main")
    for words in ("messages[2]", "temperature", "finish_reason", "only in the second"):
        assert words in told
    assert "x-request-id" not in told
    browser.press("Escape")
    browser.wait("location.hash === '#1'")
    browser.press("?")
    assert "compare with another interaction" in browser.text("#help")
    browser.press("Escape")
    browser.wait("!document.getElementById('help').open")
    browser.press("t", "t")
    assert browser.run("document.documentElement.dataset.theme") == "dark"
    check_quiet(browser)


def test_differences_are_shown_by_words(browser: Browser, tmp_path: Path) -> None:
    """Of two long prompts the words that differ are marked; the same request is said to be the same."""
    first, second = agent()
    body = (first.request.body or b"").replace(b"warm enough", b"cold enough")
    other = type(first)(type(first.request)("POST", first.request.url, (), body), first.response)
    browser.open(written(tmp_path, page_of(first, other, first, second)))
    told = go(browser, "#0/diff/1")
    assert browser.text("del") == "warm"
    assert browser.text("ins") == "cold"
    assert "The same answer, word for word." in told
    assert "The same request" in go(browser, "#0/diff/2")
    check_quiet(browser)


def test_hostile_texts_are_texts(browser: Browser, tmp_path: Path) -> None:
    """Scripts, markup, links, styles and marks of direction, in every place that a text can come from, are letters."""
    browser.open(written(tmp_path, page_of(*hostile())), PHONE)
    for place, text in enumerate(HOSTILE):
        # Each place in the page is made by the same few functions: two of the texts are looked at in all of them.
        for tab in ("talk", "stream", "request", "response") if place in (0, 5) else ("talk",):
            told = go(browser, f"#{2 * place + 1}/{tab}")
            assert text in told or not text.isprintable() or tab != "talk"
            assert browser.run("document.documentElement.scrollWidth") <= PHONE[0], (text, tab)
    assert "U+202E" in go(browser, "#10")
    go(browser, "#0/diff/5")
    assert browser.run("window.hurt === undefined && document.scripts.length === 2")
    made = "main script, main iframe, main style, main link, main a[href*='javascript']"
    assert browser.run(f"document.querySelectorAll({json.dumps(made)}).length") == 0
    check_quiet(browser)


def test_whatever_gets_in_stays_in(browser: Browser, tmp_path: Path) -> None:
    """Were a recording's script or picture to get into the page, the policy would neither run it nor let it ask."""
    browser.open(written(tmp_path, page_of(*agent())))
    browser.run("""(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hurt = 1';
      const picture = document.createElement('img');
      picture.src = 'http://127.0.0.1:9/a.png';
      document.body.append(script, picture);
      return fetch('http://127.0.0.1:9/').catch(() => null);
    })()""")
    assert browser.run("window.hurt === undefined")
    for kind in ("script", "img", "connect"):
        browser.hear(f"{kind}-src")


def test_json_as_it_was_spelt(browser: Browser, tmp_path: Path) -> None:
    """Numbers keep all digits, a name that stands twice stays twice, long lists and texts wait to be asked for."""
    body = (
        b'{"n": 12345678901234567890, "f": 1.50, "n": 2, "v": [' + b"0.25, " * 999 + b'1], "t": "' + b"t" * 9000 + b'"}'
    )
    one = Interaction(Request("POST", "https://example.com/", (), body), Response(200, chunks=(b'{"open": [1, ',)))
    browser.open(written(tmp_path, page_of(one)))
    told = go(browser, "#0/request")
    for words in ('"n": 12345678901234567890', '"f": 1.50', '"n": 2', "1,000 values"):
        assert words in told
    assert len(told) < 3000
    browser.run("[...document.querySelectorAll('main button.more')].forEach((one) => one.click())")
    assert browser.text("main").count("0.25") == 999
    assert "t" * 9000 in browser.text("main")
    assert '{"open": [1, ' in go(browser, "#0/response")
    check_quiet(browser)


def test_a_conversation_over_a_websocket(browser: Browser, tmp_path: Path) -> None:
    """Messages stand in their order, with their direction and their time; what was received is joined."""
    frames = sockets.to_json(
        [
            sockets.Frame('{"type": "response.create"}', 5.0, sent=True),
            sockets.Frame('{"type": "response.output_text.delta", "delta": "Hi "}', 90.0, sent=False),
            sockets.Frame('{"type": "response.output_text.delta", "delta": "there"}', 120.0, sent=False),
            sockets.Close(1000, "done", 150.0, sent=True),
        ]
    )
    request = Request("GET", "wss://api.openai.com/v1/realtime?model=gpt-realtime")
    one = Interaction(request, Response(101, "Switching Protocols"), notes={"frames": frames})
    browser.open(written(tmp_path, page_of(one)))
    told = go(browser, "#0/stream")
    for words in ("4 messages", "→ response.create", "→ close", "1000 done", "120 ms"):
        assert words in told
    assert browser.text(".spelling") == "Hi there"
    check_quiet(browser)


def test_on_a_phone(browser: Browser, page: str) -> None:
    """A list first, then one interaction at a time with a way back; nothing is wider than the screen."""
    browser.open(page, PHONE)
    assert browser.run("getComputedStyle(document.querySelector('main')).display") == "none"
    browser.run("document.querySelector('#list a[href=\"#2\"]').click()")
    browser.wait("document.querySelector('main .tabs')")
    assert browser.run("getComputedStyle(document.querySelector('.side')).display") == "none"
    for place in range(10):
        for tab in ("talk", "stream", "request", "response"):
            go(browser, f"#{place}/{tab}")
            assert browser.run("document.documentElement.scrollWidth") <= PHONE[0], (place, tab)
    go(browser, "#1/diff/0")
    assert browser.run("document.documentElement.scrollWidth") <= PHONE[0]
    browser.run("document.querySelector('.back').click()")
    browser.wait("document.body.dataset.view === 'list' && document.querySelectorAll('#list a').length === 10")
    check_quiet(browser)


_CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement('i'));
  const light = (name) => {
    probe.style.color = `var(--${name})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pairs = [];
  for (const ink of ['ink', 'soft', 'faint', 'accent', 'bad', 'good'])
    for (const ground of ['paper', 'card', 'sunk']) {
      const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
      pairs.push([ink, ground, (high + 0.05) / (low + 0.05)]);
    }
  return pairs;
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_either_theme_can_be_read(browser: Browser, page: str, *, dark: bool) -> None:
    """The page follows the system, and every ink stands out from every ground by 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    browser.open(page, dark=dark)
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 3 * 128) is dark
    assert [pair for pair in browser.run(_CONTRAST) if pair[2] < 4.5] == []
    check_quiet(browser)


def test_thousands_of_interactions(browser: Browser, tmp_path: Path) -> None:
    """Only the rows in sight are in the page, wherever the list stands; a file that could not be read is in it."""
    page = Page("many")
    page.add(unread("broken.yaml", "is empty"))
    file = viewed("", Document((streamed(1),)), free)
    for number in range(1500):
        page.add({**file, "path": f"folder/{number}.yaml"})
    browser.open(written(tmp_path, page.render()))
    assert "is empty" in browser.text("#list")
    assert "1 file unreadable" in browser.text("#sum")
    go(browser, "#1499")
    browser.wait(f"{ROW} === '#1499'")
    assert browser.run("document.querySelectorAll('#list li').length") < 80
    assert "folder/1499.yaml" in browser.text("main")
    check_quiet(browser)


def test_nothing_recorded_yet(browser: Browser, tmp_path: Path) -> None:
    """An empty cassette says so."""
    browser.open(written(tmp_path, page_of()))
    assert "holds no interaction yet" in browser.text("main")
    browser.press("j", "d", "1", "Escape")
    check_quiet(browser)
