"""A few clients that ask again as soon as they are answered, in one cheap loop."""

import select
import socket

from benchmarks.crowd import ANSWER_SECONDS
from benchmarks.crowd import READ_BYTES
from benchmarks.crowd import TooSlow

CALLERS = 16


class Callers:
    """Connections that are kept open, each with one request on its way at most."""

    def __init__(self, port: int, request: bytes) -> None:
        self._request = request
        self._poll = select.epoll()
        self._sockets = {}
        for _ in range(CALLERS):
            client = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
            self._sockets[client.fileno()] = client
            self._poll.register(client.fileno(), select.EPOLLIN)

    def ask(self, times: int) -> None:
        """Asks ``times`` times in all and returns when everything is answered."""
        asked = answered = 0
        heard = dict.fromkeys(self._sockets, b"")
        for client in self._sockets.values():
            client.sendall(self._request)
            asked += 1
        while answered < asked:
            events = self._poll.poll(ANSWER_SECONDS)
            if not events:
                raise TooSlow(f"{answered} of {asked} answers arrived")
            for descriptor, _ in events:
                client = self._sockets[descriptor]
                heard[descriptor] += (part := client.recv(READ_BYTES))
                if not part:
                    raise TooSlow("the server has closed a connection")
                if not _is_whole(heard[descriptor]):
                    continue
                answered += 1
                heard[descriptor] = b""
                if asked < times:
                    client.sendall(self._request)
                    asked += 1

    def leave(self) -> None:
        """Closes all of them."""
        for client in self._sockets.values():
            client.close()
        self._poll.close()


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise TooSlow(f"not an answer to measure: {answer[:300]!r}")
    length = head.lower().partition(b"content-length:")[2].split()[0]
    return len(body) >= int(length)
