"""The body of a command over HTTP: small, and there in time."""

import asyncio

from app.realtime.asgi import Receive


class ClientGone(Exception):
    """The client hung up: there is nobody to answer."""


class BodyTooLarge(Exception):
    """The body is over the limit; the rest of it is not read."""


async def read_body(receive: Receive, *, max_bytes: int, deadline_seconds: float) -> bytes:
    """Returns the whole body.

    Raises:
        BodyTooLarge: it is over the limit.
        ClientGone: the client hung up.
        TimeoutError: it did not arrive in time.
    """
    parts: list[bytes] = []
    size_bytes = 0
    async with asyncio.timeout(deadline_seconds):
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise ClientGone
            parts.append(event.get("body", b""))
            size_bytes += len(parts[-1])
            if size_bytes > max_bytes:
                raise BodyTooLarge
            if not event.get("more_body", False):
                return b"".join(parts)


async def until_gone(receive: Receive) -> None:
    """Returns when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
