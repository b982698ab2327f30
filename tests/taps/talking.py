"""One conversation over a WebSocket, by either client of the library, told in the same words."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import websockets.asyncio.client
import websockets.exceptions
import websockets.sync.client

__all__ = ["TALKERS", "Step", "Talk", "talk", "talk_async"]

Step = tuple[Any, ...]
"""("send", message), ("recv", how often), ("bytes",), ("all",), ("pieces",), ("ping",), ("close", code, reason),
("leave",), or ("call", function)."""

Talk = Callable[..., list[Any]]


def talk(url: str, steps: Sequence[Step], **options: Any) -> list[Any]:  # noqa: C901 - one short case a step
    """Go through the steps with the client without asyncio; give what was heard, and how it ended."""
    heard: list[Any] = []
    try:
        with websockets.sync.client.connect(url, **options) as ws:
            try:
                for name, *more in steps:
                    match name:
                        case "send":
                            ws.send(_fresh(more[0]))
                        case "recv":
                            heard += [ws.recv(timeout=10) for _ in range(*more)]
                        case "bytes":
                            heard.append(ws.recv(timeout=10, decode=False))
                        case "all":
                            heard += list(ws)
                        case "pieces":
                            heard.append(list(ws.recv_streaming()))
                        case "ping":
                            heard.append(ws.ping().wait(10))
                        case "close":
                            ws.close(*more)
                        case "leave":
                            break
                        case _:
                            more[0]()
            finally:
                ws.close()
                heard.append((ws.close_code, ws.close_reason))
    except Exception as error:  # noqa: BLE001 - what it is, is what the tests ask
        heard.append((type(error).__name__, str(error)))
    return heard


def talk_async(url: str, steps: Sequence[Step], **options: Any) -> list[Any]:
    """Go through the steps with the client of asyncio."""
    return asyncio.run(_talk(url, steps, options))


async def _talk(url: str, steps: Sequence[Step], options: dict[str, Any]) -> list[Any]:  # noqa: C901 - as above
    heard: list[Any] = []
    try:
        async with asyncio.timeout(20), websockets.asyncio.client.connect(url, **options) as ws:
            try:
                for name, *more in steps:
                    match name:
                        case "send":
                            await ws.send(_fresh(more[0]))
                        case "recv":
                            heard += [await ws.recv() for _ in range(*more)]
                        case "bytes":
                            heard.append(await ws.recv(decode=False))
                        case "all":
                            heard += [message async for message in ws]
                        case "pieces":
                            heard.append([piece async for piece in ws.recv_streaming()])
                        case "ping":
                            heard.append(await (await ws.ping()) >= 0)
                        case "close":
                            await ws.close(*more)
                        case "leave":
                            break
                        case _:
                            more[0]()
            finally:
                with suppress(websockets.exceptions.ConnectionClosed):
                    await ws.close()
                heard.append((ws.close_code, ws.close_reason))
    except Exception as error:  # noqa: BLE001 - what it is, is what the tests ask
        heard.append((type(error).__name__, str(error)))
    return heard


def _fresh(message: Any) -> Any:
    made = message() if inspect.isfunction(message) else message
    return iter(made) if isinstance(made, Iterable) and not isinstance(made, str | bytes) else made


TALKERS: tuple[Talk, ...] = (talk, talk_async)
"""Both clients."""
