"""Requests written by hand: with hosts, origins and upgrades that no client library would send."""

import asyncio
from dataclasses import dataclass

from app.realtime.protocol.messages import SUBPROTOCOL
from tests.patience import PATIENCE_SECONDS

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": SUBPROTOCOL,
}


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The head of an answer, its names in lower case, and its body if it says how long it is."""

    status: int
    headers: dict[str, str]
    body: bytes
    head: bytes


async def ask(
    port: int, method: str, target: str, lines: list[tuple[str, str]], body: bytes = b""
) -> RawAnswer:
    """Sends one request with exactly these header lines; returns the answer."""
    told = "".join(f"{name}: {value}\r\n" for name, value in lines)
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{method} {target} HTTP/1.1\r\n{told}{length}\r\n".encode("latin-1") + body)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            answer = _read(head)
            size = int(answer.headers.get("content-length", 0)) if method != "HEAD" else 0
            return RawAnswer(answer.status, answer.headers, await reader.readexactly(size), head)
        finally:
            writer.close()


def _read(head: bytes) -> RawAnswer:
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in rest if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    return RawAnswer(int(first.split()[1]), headers, b"", head)
