"""What every test stands on: a plain environment, and no network beyond this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable

import jsonpath_rfc9535  # noqa: F401 - part of it can be loaded once in a process, and pytester forgets modules
from hypothesis import settings

__all__ = ["pytest_configure"]

_PREFIXES = ("ANTHROPIC_", "AWS_", "CO_API", "GEMINI_", "GOOGLE_", "GROQ_", "MISTRAL_", "OPENAI_", "PYTEST_ADDOPTS")
_CI = {"BUILD_NUMBER", "CI"}  # with these pytest cuts no line, and the tests compare what people see
_PROXIES = {"ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY"}


def pytest_configure() -> None:
    """Forget keys, base URLs and proxies of this machine, close the ways out of it, and let hypothesis take its time.

    A host that is not this machine looks as it does without a network: its name is not known, its address is not
    reachable. The hook sees every library of this process; test servers on loopback work as ever.
    """
    settings.register_profile("llmvcr", deadline=None)  # no test is timed, and the machine may be busy
    settings.load_profile("llmvcr")
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name.upper() in _PROXIES or name in _CI:
            del os.environ[name]
    os.environ["LLMVCR_CACHE"] = "off"  # nothing of a test goes to the user's own folder
    sys.addaudithook(_stay_here)


def _stay_here(event: str, arguments: tuple[object, ...]) -> None:
    check = _WAYS_OUT.get(event)
    if check is not None:
        check(arguments)


def _connecting(arguments: tuple[object, ...]) -> None:
    match arguments:
        case (_, (str(host), int(), *_)) if not _is_here(host):
            message = f"tests do not leave this machine: {host}"
            raise ConnectionRefusedError(message)
        case _:
            pass


def _looking_up(arguments: tuple[object, ...]) -> None:
    host = arguments[0]
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if isinstance(name, str) and not _is_here(name):
        raise socket.gaierror(socket.EAI_NONAME, f"tests do not leave this machine: {name}")


_WAYS_OUT: dict[str, Callable[[tuple[object, ...]], None]] = {
    "socket.connect": _connecting,
    "socket.getaddrinfo": _looking_up,
    "socket.gethostbyname": _looking_up,
    "socket.sendto": _connecting,
}


def _is_here(host: str) -> bool:
    if host in {"", "localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
