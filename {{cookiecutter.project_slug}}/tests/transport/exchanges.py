"""One exchange with an application, without a server: what it is asked, and what it sends."""

import asyncio
from collections.abc import Iterable
from typing import Any

from quart import Quart

Message = dict[str, Any]
HEADERS = [
    (b"host", b"localhost"),
    (b"accept", b"*/*"),
    (b"x-forwarded-for", b"a"),
    (b"x-o", b"\xe9"),
]


def scope(
    path: str, *, method: str = "GET", headers: Iterable[tuple[bytes, bytes]] = ()
) -> Message:
    """Returns what a server says of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"a=1",
        "root_path": "",
        "headers": [*HEADERS, *headers],
        "client": ("192.0.2.7", 4_000),
        "server": ("127.0.0.1", 8_000),
        "extensions": {},
    }


async def exchange(app: Quart, asked: Message, *, body: bytes = b"") -> list[Message]:
    """Returns what the application sends; the client leaves when it has everything."""
    sent: list[Message] = []
    over = asyncio.Event()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            over.set()

    await app(asked, receive, send)  # type: ignore[arg-type]
    return sent
