"""Ports for servers of tests, which stay theirs until they listen."""

import os
import socket
import sys
from collections import deque
from contextlib import ExitStack

HELD: deque[int] = deque()  # descriptors, which live as long as the test run
HELD_MOST = 256


def free_port(*, following: int = 0) -> int:
    """Returns a port of the loopback interface that nobody listens on; so are those after it.

    On Linux it stays ours until many more were asked for: bound, so that the kernel gives it to
    nobody else before our server has it, as a port of theirs or as the near end of a connection.
    """
    while True:
        with ExitStack() as taken:
            first = taken.enter_context(_bound(0))
            port: int = first.getsockname()[1]
            try:
                others = [taken.enter_context(_bound(port + n + 1)) for n in range(following)]
            except OSError:
                continue
            if sys.platform == "linux":
                HELD.extend(os.dup(one.fileno()) for one in (first, *others))
        while len(HELD) > HELD_MOST:
            os.close(HELD.popleft())
        return port


def _bound(port: int) -> socket.socket:
    """Returns a socket that has a port to itself, and is from now on in no server's way."""
    holder = socket.socket()
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        raise
    # What does not listen shares its port with who says so, too: servers set one of the two.
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        holder.setsockopt(socket.SOL_SOCKET, option, 1)
    return holder
