"""The cheapest clients there are: hundreds of them fit beside the server they talk to."""

import asyncio
import base64
import os
import resource
import struct
from contextlib import suppress

from app.realtime.protocol.messages import SUBPROTOCOL
from tests.patience import PATIENCE_SECONDS

TEXT = 0x1
CLOSE = 0x8
FINAL = 0x80
MASKED = 0x80
NO_MASK = bytes(4)  # allowed as any other mask; the payload then stays readable


def allow_open_files(wanted: int) -> None:
    """Raises the limit of open files of this process as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))


class RawSocket:
    """A WebSocket client that reads frames and remembers how it was closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.answer = ""
        self.texts: list[str] = []

    @classmethod
    async def connect(cls, port: int, path: str, headers: dict[str, str]) -> "RawSocket":
        """Opens a socket; raises ConnectionRefusedError with the answer when it is refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
            **headers,
        }
        writer.write(_head(f"GET {path} HTTP/1.1", request))
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.splitlines()[0]:
            writer.close()
            raise ConnectionRefusedError(answer.decode())
        client = cls(reader, writer)
        client.answer = answer.decode()
        return client

    @property
    def port(self) -> int:
        """Our own port, by which the server's side of the connection can be found."""
        return int(self._writer.get_extra_info("sockname")[1])

    def send(self, text: str) -> None:
        """Sends a text message of less than 64 KiB."""
        self._frame(TEXT, text.encode())

    async def receive(self) -> str:
        """Returns the next text message."""
        kind, payload = await read_frame(self._reader)
        assert kind == TEXT, payload
        return payload.decode()

    async def close_code(self) -> int:
        """Reads to the end and returns the close code; 1006 when there was none.

        The messages before it are in ``texts`` then.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    kind, payload = await read_frame(self._reader)
                    if kind == TEXT:
                        self.texts.append(payload.decode())
                    if kind == CLOSE:
                        self._frame(CLOSE, payload[:2])
                        return int(struct.unpack("!H", payload[:2])[0])
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006
        finally:
            self._writer.close()

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()

    async def gone(self) -> None:
        """Waits until nothing is left of a connection that has ended."""
        with suppress(OSError):
            await self._writer.wait_closed()

    def _frame(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes([MASKED | size]) if size < 126 else struct.pack("!BH", MASKED | 126, size)
        self._writer.write(bytes([FINAL | kind]) + length + NO_MASK + payload)


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Returns the opcode and the payload of a server's next frame (RFC 6455, section 5.2).

    Raises:
        IncompleteReadError: the connection ended before.
    """
    first, length = await reader.readexactly(2)
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    return first & 0x0F, await reader.readexactly(length)


class RawStream:
    """A client of an event stream that knows whether it ended in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int, path: str, headers: dict[str, str]) -> "RawStream":
        """Opens a stream and reads its head; raises ConnectionRefusedError when it is refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = {"Host": f"127.0.0.1:{port}", **headers}
        writer.write(_head(f"GET {path} HTTP/1.1", request))
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.splitlines()[0]:
            writer.close()
            raise ConnectionRefusedError(answer.splitlines()[0].decode())
        return cls(reader, writer)

    async def receive(self) -> str:
        """Returns the data of the next event that has some."""
        while not (line := await self._reader.readuntil(b"\n")).startswith(b"data:"):
            pass
        return line.decode()

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()

    async def ends_in_order(self) -> bool:
        """Reads to the end and tells whether the last chunk was the empty one."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                body = await self._reader.read()
        finally:
            self._writer.close()
        return body.endswith(b"\r\n0\r\n\r\n")


def _head(first_line: str, headers: dict[str, str]) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()
