"""Valkey on a Unix socket."""

import contextlib
import signal
import socket

from app.embedded import binaries
from app.embedded.server import Server

CONNECT_SECONDS = 1.0


class Valkey(Server):
    """A Valkey that saves to disk once a minute, or never when it is ephemeral."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"unix://{self.place.sockets}/valkey.sock?db=0"

    def _prepare(self) -> list[str]:
        folder = binaries.reachable(binaries.find_valkey().parent, self.account)
        save = [""] if self.place.is_ephemeral else ["60", "1"]
        return [
            str(folder / binaries.find_valkey().name),
            *("--port", "0"),
            *("--unixsocket", f"{self.place.sockets}/valkey.sock"),
            *("--unixsocketperm", "700"),
            *("--dir", str(self.place.data)),
            *("--dbfilename", "valkey.rdb"),
            *("--appendonly", "no"),
            *("--save", *save),
        ]

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(CONNECT_SECONDS)
            client.connect(f"{self.place.sockets}/valkey.sock")
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False
