"""The shapes of ASGI, the edge between the server and our own types."""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str | None:
    """Returns the one value of a request header; several are joined, so that none can hide."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return ", ".join(values) if values else None


def address_of(scope: Scope) -> str:
    """Returns the address that the limits count by."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
