"""The socket that a server accepts connections from."""

import errno
import socket

BACKLOG_CONNECTIONS = 1024
PORT_MAX = 65_535
# What the kernel takes before it has sent it. By itself it takes up to 4 MiB for a client that does
# not read: bytes that count for nobody's limit, made for nothing, and old when they are read.
UNSENT_MAX_BYTES = 128 * 1024


class CannotListen(OSError):
    """An address that cannot be had; the message names it, for people and without a number."""

    def __init__(self, error: OSError, host: str, port: int) -> None:
        super().__init__(error.errno, f"cannot listen on {host}:{port}: {error.strerror}")

    def __str__(self) -> str:
        return str(self.strerror)


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Returns a listening socket; with ``shared`` other processes may listen there as well.

    Raises CannotListen.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise CannotListen(error, host, port) from error
    return _prepared(listener)


def address(listener: socket.socket) -> str:
    """Returns the address as `host:port`, as a URL has it."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def inherited(descriptor: int) -> socket.socket:
    """Returns the listening socket that a parent process opened."""
    return _prepared(socket.socket(fileno=descriptor))


def listen_near(host: str, port: int, *, attempts: int) -> socket.socket:
    """Returns a socket that listens on the port, or on the next one that is free.

    Raises CannotListen when all of them are taken, and at once when it fails for another reason.
    """
    last = min(port + attempts - 1, PORT_MAX)
    for candidate in range(port, last):
        try:
            return listen(host, candidate)
        except CannotListen as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return listen(host, last)


def _prepared(listener: socket.socket) -> socket.socket:
    # Accepted connections inherit it on Linux: tcp(7), and sk_stream_memory_free() in its source.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX_BYTES)
    listener.setblocking(False)
    return listener
