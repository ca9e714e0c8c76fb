"""A server to put behind the proxy that tells what it was asked and when its readers leave."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer


class Upstream(ThreadingHTTPServer):
    """A plain HTTP/1.1 server; ``left`` is set once the reader of a stream has gone."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.left = threading.Event()


class Answer(BaseHTTPRequestHandler):
    """Answers with the request's headers, or with one event and then silence."""

    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        if self.path == "/realtime/events":
            self._stream()
        else:
            self._answer(json.dumps({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}}))

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        received = len(self.rfile.read(length))
        self.close_connection = received < length
        if received == length:
            self._answer(str(received))

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        self.connection.recv(1)
        self.server.left.set()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Runs the server for a while."""
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, name="upstream", daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
