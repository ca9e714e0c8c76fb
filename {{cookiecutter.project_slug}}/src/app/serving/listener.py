"""The socket that a server accepts connections from."""

import contextlib
import socket

BACKLOG_CONNECTIONS = 1024
# What the kernel takes before it has sent it. By itself it takes up to 4 MiB for a client that does
# not read: bytes that count for nobody's limit, made for nothing, and old when they are read.
UNSENT_MAX_BYTES = 128 * 1024


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Returns a listening socket; with ``shared`` other processes may listen there as well.

    Raises OSError that names the address.
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
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
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

    Raises OSError when all of them are taken.
    """
    for candidate in range(port, port + attempts - 1):
        with contextlib.suppress(OSError):
            return listen(host, candidate)
    return listen(host, port + attempts - 1)


def _prepared(listener: socket.socket) -> socket.socket:
    # Accepted connections inherit it on Linux: tcp(7), and sk_stream_memory_free() in its source.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX_BYTES)
    listener.setblocking(False)
    return listener
