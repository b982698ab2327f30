"""What every test stands on is really there."""

from __future__ import annotations

import os
import socket

import pytest


def test_no_name_of_another_machine_is_known() -> None:
    """Looking up a host that is not this machine fails as it does without a network."""
    with pytest.raises(socket.gaierror, match="tests do not leave this machine"):
        socket.getaddrinfo("api.openai.com", 443)


def test_no_address_of_another_machine_is_reached() -> None:
    """Connecting to an address that is not loopback is refused before a packet leaves."""
    with socket.socket() as open_socket, pytest.raises(ConnectionRefusedError, match=r"192\.0\.2\.1"):
        open_socket.connect(("192.0.2.1", 80))


def test_loopback_is_reached() -> None:
    """Servers that a test starts on this machine are reached by name and by address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as one, socket.create_connection(("localhost", port)) as two:
            assert one.getpeername() == two.getpeername()


def test_no_key_and_no_proxy_of_this_machine_is_seen() -> None:
    """Tests pass or fail alike, whatever keys and proxies the person who runs them has set."""
    names = [name for name in os.environ if name.startswith("OPENAI_") or name.upper().endswith("_PROXY")]
    assert [name for name in names if name.upper() != "NO_PROXY"] == []
