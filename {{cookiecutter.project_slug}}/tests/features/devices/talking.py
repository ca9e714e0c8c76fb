"""Readings to send, and what devices say on their sockets."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database import Database
from tests.realtime.rig import Frame
from tests.realtime.rig import Socket

NUMBERS = text("SELECT number FROM devices_readings WHERE device_id = :id ORDER BY number")


def now_ms() -> int:
    """Returns this moment as devices tell it."""
    return int(time.time() * 1000)


def reading(value: float = 1013.2, *, metric: str = "pressure", at_ms: int | None = None) -> Frame:
    """Returns one reading of now."""
    return {"metric": metric, "value": value, "at_ms": now_ms() if at_ms is None else at_ms}


def batch(first: int, count: int = 1, **more: Any) -> Frame:
    """Returns a batch whose values are the numbers of its readings."""
    return {
        "first": first,
        "readings": [reading(float(number)) for number in range(first, first + count)],
        **more,
    }


async def put(socket: Socket, data: object) -> Frame:
    """Sends a batch and returns the answer."""
    return await socket.ask("call", method="readings.put", data=data)


async def stored(database: Database, device_id: UUID) -> Sequence[int]:
    """Returns the numbers of a device's stored readings."""
    async with database.reading() as session:
        return list(await session.scalars(NUMBERS, {"id": device_id}))
