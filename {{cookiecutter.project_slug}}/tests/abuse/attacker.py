"""A WebSocket client that keeps to no rule: it says any bytes, and knows how it ended."""

import asyncio
import base64
import json
import os
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.realtime.protocol.messages import SUBPROTOCOL
from tests.raw_clients import read_frame
from tests.realtime.rig import ORIGIN

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN, RSV1, MASK = 0x80, 0x40, 0x80
NO_MASK = bytes(4)  # allowed as any other mask; the payload then stays readable
HELLO = b'{"type":"hello","id":1}'
SECONDS = 60.0


@dataclass(frozen=True)
class Ending:
    """How a connection ended: the code, None without a close frame, and the texts before it.

    ``seconds`` went by before the close frame, or before the end when there was none.
    """

    code: int | None
    seconds: float
    texts: list[str]

    @property
    def bye(self) -> dict[str, Any] | None:
        """The goodbye before the close, if there was one."""
        frames = [json.loads(line) for text in self.texts for line in text.split("\n")]
        return next((frame for frame in frames if frame["type"] == "bye"), None)


class Attacker:
    """One connection.

    It is written to past the transport, which would throw away the unread goodbye of a server that
    has closed it as soon as one write fails.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._way_in: socket.socket = writer.get_extra_info("socket").dup()
        self._way_in.setblocking(False)

    def cut(self) -> None:
        """Ends the connection without another byte."""
        self._way_in.close()
        self.writer.transport.abort()

    async def send(self, data: bytes) -> None:
        """Sends bytes, waiting for room; what the other side refuses is lost."""
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self._way_in, data)

    async def next_frame(self) -> tuple[int, bytes]:
        """Returns the opcode and the payload of the next frame."""
        return await read_frame(self.reader)

    async def hello(self, *subscriptions: dict[str, Any]) -> dict[str, Any]:
        """Says hello and returns the reply."""
        said = {"type": "hello", "id": 1, "subscriptions": list(subscriptions)}
        await self.send(text(json.dumps(said)))
        _, payload = await self.next_frame()
        reply: dict[str, Any] = json.loads(payload)
        return reply

    async def ending(self, *, seconds: float = SECONDS) -> Ending:
        """Reads to the end, never answering, and tells how it came.

        Raises:
            TimeoutError: it has not come.
        """
        began, closed_at, code, texts = time.monotonic(), 0.0, None, []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    opcode, payload = await self.next_frame()
                    if opcode == TEXT:
                        texts.append(payload.decode())
                    elif opcode == CLOSE and code is None:
                        closed_at = time.monotonic()
                        code = struct.unpack("!H", payload[:2])[0] if payload else 1005
        except (asyncio.IncompleteReadError, ConnectionError):
            return Ending(code, (closed_at or time.monotonic()) - began, texts)

    async def pour(self, piece: bytes, *, times: int) -> int:
        """Sends a piece again and again until the other side ends it; returns how often."""
        for number in range(times):
            if self.writer.is_closing() or self.reader.at_eof():
                return number
            await self.send(piece)
            if len(piece) > 4_096 or number % 16 == 0:
                await asyncio.sleep(0)  # or the end would never be noticed
        return times


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    first: int | None = None,
    length: int | None = None,
    masked: bool = True,
) -> bytes:
    """Returns a frame; ``first`` replaces the first byte, ``length`` what it says of its length."""
    head = bytes([FIN | opcode if first is None else first])
    size = len(payload) if length is None else length
    mask = MASK if masked else 0
    if size < 126:
        head += bytes([mask | size])
    elif size < 2**16:
        head += bytes([mask | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", size)
    return head + (NO_MASK if masked else b"") + payload


def text(line: str) -> bytes:
    """Returns a text frame."""
    return frame(TEXT, line.encode())


def handshake(port: int, path: str = "/realtime/socket", **headers: str) -> bytes:
    """Returns the request for an upgrade; headers are given with underscores."""
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
        "Origin": ORIGIN,
        "Cookie": "session=ada",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@asynccontextmanager
async def attacking(
    port: int, path: str = "/realtime/socket", **headers: str
) -> AsyncIterator[Attacker]:
    """Opens a WebSocket; it is cut at the end."""
    async with connected(port) as attacker:
        await attacker.send(handshake(port, path, **headers))
        async with asyncio.timeout(SECONDS):
            answer = await attacker.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer.splitlines()[0], answer
        yield attacker


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Attacker]:
    """Opens a connection; it is cut at the end."""
    attacker = Attacker(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield attacker
    finally:
        attacker.cut()
