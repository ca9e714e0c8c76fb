"""Thousands of clients in one cheap loop: they read, count, and do nothing else."""

import select
import socket
import time
from collections.abc import Sequence

from benchmarks.wire import MARK

ANSWER_SECONDS = 30.0
READ_BYTES = 1 << 18
CLIENTS_PER_ADDRESS = 10_000  # a loopback address has 28,000 ports to connect from


class TooSlow(Exception):
    """A server did not say in time what it was to say."""


class Crowd:
    """Open connections to one server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._buffer = bytearray(READ_BYTES)
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}

    def __len__(self) -> int:
        return len(self._sockets)

    def join(self, opening: bytes, *, until: bytes, then: bytes = b"", then_until: bytes = b"") -> None:
        """Adds one client: it says ``opening`` and waits for ``until``, then the same once more."""
        source = f"127.0.0.{1 + len(self) // CLIENTS_PER_ADDRESS}"
        client = socket.create_connection(("127.0.0.1", self._port), ANSWER_SECONDS, (source, 0))
        client.sendall(opening)
        _read_until(client, until)
        if then:
            client.sendall(then)
            _read_until(client, then_until)
        client.setblocking(False)
        self._sockets[client.fileno()] = client
        self._poll.register(client.fileno(), select.EPOLLIN)

    def count(self, messages: int) -> None:
        """Reads until ``messages`` have arrived, all clients taken together."""
        deadline = time.monotonic() + ANSWER_SECONDS
        seen, buffer = 0, self._buffer
        while seen < messages:
            if time.monotonic() > deadline:
                raise TooSlow(f"{seen} of {messages} messages arrived")
            for descriptor, _ in self._poll.poll(1.0):
                size = self._sockets[descriptor].recv_into(buffer)
                if not size:
                    raise TooSlow("the server has closed a connection")
                seen += buffer.count(MARK, 0, size)

    def leave(self) -> None:
        """Closes all of them."""
        for client in self._sockets.values():
            client.close()
        self._sockets.clear()
        self._poll.close()


def _read_until(client: socket.socket, end: bytes) -> None:
    said = b""
    while end not in said:
        part = client.recv(READ_BYTES)
        if not part:
            raise TooSlow(f"the server has closed the connection after {said[-300:]!r}")
        said += part


def spread(count: int, names: Sequence[str]) -> list[str]:
    """Returns one of ``names`` for each of ``count`` clients, in turn."""
    return [names[place % len(names)] for place in range(count)]
