"""A free port stays free until a server of ours takes it, however busy the machine is."""

import socket
import sys

import pytest

from app.serving.listener import listen
from tests.ports import free_port

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ports are let go")


def test_a_server_listens_on_a_free_port_and_before_it_callers_are_refused() -> None:
    port = free_port()
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", port)) != 0

    with listen("127.0.0.1", port), socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", port)) == 0


def test_several_processes_share_a_free_port() -> None:
    port = free_port()

    with listen("127.0.0.1", port, shared=True), listen("127.0.0.1", port, shared=True) as other:
        assert other.getsockname()[1] == port


@linux_only
def test_a_free_port_is_given_to_nobody_who_does_not_ask_for_it() -> None:
    port = free_port(following=1)

    for held in (port, port + 1):
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", held))
