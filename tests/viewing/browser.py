"""Headless Chromium, driven through its DevTools protocol: what a person would see of a page, and what it asks for."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

__all__ = ["Browser", "chromium", "launched"]

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0"),
)
_KEYS = {"Escape": 27, "Enter": 13, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Tab": 9}
_PATIENCE = 30.0  # seconds; the machine may be busy


def chromium() -> str | None:
    """Give the path of Chromium, None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One tab; `complaints` are its console errors and exceptions, `asked` the URLs that it asked for."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to a tab over, and listen to all that it does."""
        self._connection = connection
        self._number = 0
        self.complaints: list[str] = []
        self.asked: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol and give its result; what happens meanwhile is noted."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._connection.recv(timeout=_PATIENCE))
            if told.get("id") == self._number:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]
            self._note(told.get("method", ""), told.get("params", {}))

    def _note(self, event: str, told: Any) -> None:
        if event == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(str(details.get("exception", {}).get("description", details)))
        elif event == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.complaints.append(str(told["args"]))
        elif event == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(told["entry"]["text"])
        elif event == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])

    def open(self, url: str, size: tuple[int, int] = (1280, 860), *, dark: bool = False) -> None:
        """Show a page in a window of this size (below 760 wide a phone's), and wait until it is drawn."""
        self.call("Page.navigate", url="about:blank")
        self.complaints.clear()
        self.asked.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=size[0] < 760,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=url)
        self.wait("document.body?.dataset.drawn")

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page, awaiting a promise, and give its value."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"never came true: {condition}"
            time.sleep(0.005)

    def hear(self, words: str) -> None:
        """Wait until the browser complains of something with these words."""
        end = time.monotonic() + _PATIENCE
        while not any(words in one for one in self.complaints):
            assert time.monotonic() < end, f"never complained of: {words}"
            self.run("0")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their names ("j", "/", "Escape")."""
        for key in keys:
            code = {"windowsVirtualKeyCode": _KEYS[key]} if key in _KEYS else {}
            text = {} if len(key) > 1 else {"text": key}
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **code, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def write(self, text: str) -> None:
        """Write a text where the cursor is."""
        self.call("Input.insertText", text=text)

    def text(self, selector: str = "body") -> str:
        """Give the text that a person reads in an element."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def picture(self, path: Path) -> None:
        """Write a screenshot."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def launched(folder: Path) -> Iterator[Browser]:
    """Start a browser with its own profile in a folder, and end it."""
    program = chromium()
    assert program is not None
    command = [program, *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment(folder)
    ) as process:
        try:
            with connect(_address(folder, process), max_size=None, proxy=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Give the address of the one tab, which Chromium writes the port of into its profile."""
    told = folder / "DevToolsActivePort"
    end = time.monotonic() + _PATIENCE
    while not (told.exists() and told.read_text().count("\n") >= 1):
        assert process.poll() is None, "Chromium did not start"
        assert time.monotonic() < end, "Chromium does not say its port"
        time.sleep(0.02)
    port, path = told.read_text().split("\n")[:2]
    with connect(f"ws://127.0.0.1:{port}{path}", proxy=None) as connection:
        connection.send(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
        while (answer := json.loads(connection.recv(timeout=_PATIENCE))).get("id") != 1:
            pass
    return f"ws://127.0.0.1:{port}/devtools/page/{answer['result']['targetId']}"
