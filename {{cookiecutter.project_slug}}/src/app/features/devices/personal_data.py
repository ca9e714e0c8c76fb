"""What is held of a person here: their devices, groups and commands, and what was measured last.

Readings are not in a copy, for thirty days of them would not fit: their routes give them, device by
device.
"""

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.jobs import Jobs
from app.principal import UserId

from .commands.tables import CommandRow
from .fleet.tables import GroupedRow
from .fleet.tables import GroupRow
from .fleet.tables import SightingRow
from .readings.removal import forget_later
from .shadow.tables import ShadowRow
from .tables import DeviceRow
from .tables import ProgressRow

COMMANDS_MOST = 50_000


async def exported(session: AsyncSession, user_id: UserId) -> JsonValue:
    """Returns a person's devices, groups and newest commands, fifty thousand of these at most."""
    return {
        "devices": await _devices(session, user_id),
        "groups": await _groups(session, user_id),
        "commands": await _commands(session, user_id),
    }


async def erase(jobs: Jobs, work: UnitOfWork, user_id: UserId) -> None:
    """Removes a person's devices and groups, and with these all that the tables have of them.

    A job removes the readings, which nobody sees any more.
    """
    await work.session.execute(delete(GroupRow).where(GroupRow.owner_id == user_id))
    theirs = delete(DeviceRow).where(DeviceRow.owner_id == user_id)
    gone = (await work.session.scalars(theirs.returning(DeviceRow.id))).all()
    await forget_later(jobs, work, list(gone))


async def _devices(session: AsyncSession, user_id: UserId) -> list[JsonValue]:
    found = await session.execute(
        select(
            DeviceRow.id,
            DeviceRow.name,
            DeviceRow.metrics,
            DeviceRow.tags,
            DeviceRow.created_at,
            ProgressRow.last_number,
            ProgressRow.newest,
            func.greatest(ProgressRow.last_seen_at, SightingRow.seen_at).label("last_seen_at"),
            ShadowRow.desired,
            ShadowRow.reported,
        )
        .join(ProgressRow, ProgressRow.device_id == DeviceRow.id)
        .outerjoin(ShadowRow, ShadowRow.device_id == DeviceRow.id)
        .outerjoin(SightingRow, SightingRow.device_id == DeviceRow.id)
        .where(DeviceRow.owner_id == user_id)
        .order_by(DeviceRow.created_at)
    )
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "metrics": list(row.metrics),
            "tags": list(row.tags),
            "desired": row.desired or {},
            "reported": row.reported or {},
            "created_at": row.created_at.isoformat(),
            "last_seen_at": row.last_seen_at.isoformat() if row.last_seen_at else None,
            "last_number": row.last_number,
            "newest": row.newest,
        }
        for row in found
    ]


async def _groups(session: AsyncSession, user_id: UserId) -> list[JsonValue]:
    found = await session.execute(
        select(GroupRow.name, GroupRow.created_at, func.array_agg(GroupedRow.device_id))
        .outerjoin(GroupedRow, GroupedRow.group_id == GroupRow.id)
        .where(GroupRow.owner_id == user_id)
        .group_by(GroupRow.id)
        .order_by(GroupRow.name)
    )
    return [
        {
            "name": name,
            "created_at": created_at.isoformat(),
            "devices": [str(one) for one in device_ids if one],
        }
        for name, created_at, device_ids in found
    ]


async def _commands(session: AsyncSession, user_id: UserId) -> list[JsonValue]:
    found = await session.scalars(
        select(CommandRow)
        .join(DeviceRow, DeviceRow.id == CommandRow.device_id)
        .where(DeviceRow.owner_id == user_id)
        .order_by(CommandRow.number.desc())
        .limit(COMMANDS_MOST)
    )
    return [
        {
            "device": str(row.device_id),
            "name": row.name,
            "arguments": row.arguments,
            "state": row.state,
            "result": row.result,
            "created_at": row.created_at.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in found
    ]
