"""Going away politely: announce it, close everybody within a window, cut who does not answer."""

import asyncio
import random

import structlog

from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.protocol import frames
from app.realtime.protocol.close_codes import CloseCode

log = structlog.get_logger()

LOOK_SECONDS = 0.02


async def drain(core: Core, *, window_seconds: float, deadline_seconds: float) -> None:
    """Ends all connections: spread over ``window_seconds``, the last cut at ``deadline_seconds``.

    Newcomers are sent away from the first moment on. Calling it again changes nothing.
    """
    if core.is_draining:
        return
    core.is_draining = True
    began_at = core.clock()
    line = frames.drain(after_ms=0, window_ms=round(window_seconds * 1000))
    for connection in core.hub.greeted():
        connection.tell("drain", line)
    await _close_paced(core, began_at, window_seconds)
    await _answered(core, began_at + max(window_seconds, deadline_seconds))
    for connection in list(core.hub.connections.values()):
        log.warning("realtime.drain_cut", connection=connection.id)
        connection.outbound.abort()


async def _close_paced(core: Core, began_at: float, window_seconds: float) -> None:
    connections = list(core.hub.connections.values())
    random.shuffle(connections)
    for place, connection in enumerate(connections, start=1):
        due_at = began_at + window_seconds * place / len(connections)
        wait_seconds = due_at - core.clock()
        if wait_seconds > 0:
            await asyncio.sleep(wait_seconds)
        _close(connection)


def _close(connection: Connection) -> None:
    connection.close(CloseCode.RESTART, "restart")


async def _answered(core: Core, deadline: float) -> None:
    # Polling a counter is cheaper than an event in every connection, for something done once.
    while core.hub.connections and core.clock() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
