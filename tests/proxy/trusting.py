"""A proxy as nobody should write one: it believes every Content-Length, and passes on the bytes as they came."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress

LENGTH = re.compile(rb"^content-length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)


class TrustingProxy(threading.Thread):
    """Serves one connection after another; ``meant`` is what it took for requests."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(name="trusting-proxy", daemon=True)
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.meant: list[tuple[str, str]] = []

    def run(self) -> None:
        """Passes on until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = socket.create_connection(("127.0.0.1", self._upstream_port))
                threading.Thread(target=self._answer, args=(upstream, client), daemon=True).start()
                self._pass_on(client, upstream)

    def stop(self) -> None:
        """Stops listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, client: socket.socket, upstream: socket.socket) -> None:
        held = b""
        with client, suppress(OSError):
            while data := client.recv(65_536):
                held += data
                while b"\r\n\r\n" in held:
                    head, _, _ = held.partition(b"\r\n\r\n")
                    length = LENGTH.search(head)
                    end = len(head) + 4 + (int(length[1]) if length else 0)
                    if len(held) < end:
                        break
                    method, target, _ = head.split(b"\r\n")[0].split()
                    self.meant.append((method.decode(), target.decode()))
                    upstream.sendall(held[:end])
                    held = held[end:]

    @staticmethod
    def _answer(upstream: socket.socket, client: socket.socket) -> None:
        with upstream, suppress(OSError):
            while data := upstream.recv(65_536):
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def trusting(upstream_port: int) -> Iterator[TrustingProxy]:
    """Runs it for a while."""
    proxy = TrustingProxy(upstream_port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        proxy.join(5)
