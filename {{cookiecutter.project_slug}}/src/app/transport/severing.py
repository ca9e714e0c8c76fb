"""Cutting a connection whose client does not let itself be closed.

ASGI has no word for it. The transport is found by following what the server's ``send`` is bound
to: uvicorn keeps it on the protocol, Hypercorn on the writer of the connection. On HTTP/2 the
transport belongs to other streams as well and is left alone.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

HOPS_MAX = 6


def sever(send: Any) -> bool:
    """Aborts the transport behind an ASGI ``send``; False when it cannot be found or is shared."""
    transport = find_transport(send)
    if transport is None:
        return False
    transport.abort()
    return True


def find_transport(send: Any) -> asyncio.WriteTransport | None:
    """Returns the transport that only this ``send`` writes to, or None."""
    transports = map(_transport_of, places_behind(send))
    return next((transport for transport in transports if transport is not None), None)


def places_behind(send: Any) -> Iterator[Any]:
    """Yields what ``send`` is bound to, wraps or calls, the nearest first."""
    looked_at = [send]
    for _ in range(HOPS_MAX):
        yield from looked_at
        looked_at = [further for place in looked_at for further in _behind(place)]


def _transport_of(place: Any) -> asyncio.WriteTransport | None:
    holder = getattr(place, "writer", place)
    transport = getattr(holder, "transport", None)
    return transport if hasattr(transport, "abort") else None


def _behind(place: Any) -> Iterator[Any]:
    if isinstance(place, partial):
        yield from (place.func, *place.args)
    owner = getattr(place, "__self__", None)
    if owner is not None and not hasattr(owner, "priority"):
        yield owner
        yield from filter(callable, (getattr(owner, name, None) for name in ("send", "_send")))
    for cell in getattr(place, "__closure__", None) or ():
        if callable(cell.cell_contents):
            yield cell.cell_contents
