"""Commands: sending them, giving them to devices, and taking the answers."""

from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.features.devices.documents import check
from app.features.devices.live_topics import orders_topic
from app.features.devices.standing import lock_own
from app.features.devices.standing import own_device
from app.features.devices.standing import require_own
from app.jobs import Jobs
from app.principal import Principal
from app.web.paging import Page
from app.web.paging import cut
from app.web.paging import decode_cursor

from .schemas import OPEN_MAX
from .schemas import Answer
from .schemas import Command
from .schemas import CommandQueued
from .schemas import NewCommand
from .schemas import Order
from .steps import life_of
from .steps import shape
from .steps import step
from .tables import IS_OPEN
from .tables import CommandRow

NO_COMMAND = "there is no such command"
TOO_MANY = f"{OPEN_MAX} commands wait for this device already"


async def send(
    who: Principal, database: Database, jobs: Jobs, *, device_id: UUID, new: NewCommand
) -> Command:
    """Stores a command for a device, which fetches it at once or when it is back.

    Raises:
        NotFound: the caller has no such device.
        Invalid: the arguments cannot be kept.
        Conflict: too many of them wait already.
    """
    check(new.arguments, "arguments")
    async with database.transaction() as work:
        await lock_own(who, work, device_id)
        if await _count_open(work, device_id) >= OPEN_MAX:
            raise Conflict(TOO_MANY)
        expires_at = datetime.now(UTC) + timedelta(seconds=new.expires_in_seconds)
        row = CommandRow(
            device_id=device_id,
            name=new.name,
            arguments=new.arguments,
            timeout_seconds=new.timeout_seconds,
            expires_at=expires_at,
            ends_at=expires_at,
        )
        work.session.add(row)
        await step(work, jobs, row, life_of(row, state="queued"))
        queued = CommandQueued(command_id=row.id)
        work.announce(orders_topic(device_id), queued.model_dump_json().encode())
        return shape(row)


async def page_of_commands(
    who: Principal, database: Database, *, device_id: UUID, cursor: str = "", count: int
) -> Page[Command]:
    """Returns a page of the commands of a device, the newest first, as they are at this moment.

    Raises:
        NotFound: the caller has no such device.
        Invalid: the cursor is of another list.
    """
    asked = select(CommandRow).where(CommandRow.device_id == device_id)
    if cursor:
        (number,) = decode_cursor(cursor, kinds=(int,))
        asked = asked.where(CommandRow.number < int(number))
    async with database.reading() as session:
        await require_own(who, session, device_id)
        rows = (
            await session.scalars(asked.order_by(CommandRow.number.desc()).limit(count + 1))
        ).all()
    return cut(rows, count, key=lambda row: (row.number,), shape=shape)


async def find(who: Principal, database: Database, *, device_id: UUID, command_id: UUID) -> Command:
    """Returns one command, as it is at this moment.

    Raises:
        NotFound: the caller has no such device, or it got no such command.
    """
    async with database.reading() as session:
        await require_own(who, session, device_id)
        row = await session.get(CommandRow, command_id)
    if row is None or row.device_id != device_id:
        raise NotFound(NO_COMMAND)
    return shape(row)


async def fetch(who: Principal, database: Database, jobs: Jobs) -> list[Order]:
    """Gives the calling device all that it has not answered yet, what it was given before too.

    Raises:
        Forbidden: the caller is no device.
    """
    device_id, now = own_device(who), datetime.now(UTC)
    async with database.transaction() as work:
        rows = await _open(work, device_id)
        for row in rows:
            await step(work, jobs, row, life_of(row).delivered(now))
        return [_order(row, now) for row in rows if row.state == "sent"]


async def answer(who: Principal, database: Database, jobs: Jobs, given: Answer) -> str:
    """Takes what became of a command; returns where it stands now.

    The same answer twice, or one that comes too late, changes nothing.

    Raises:
        Forbidden: the caller is no device.
        NotFound: it got no such command.
        Invalid: the result cannot be kept.
    """
    device_id = own_device(who)
    check(given.result or {}, "result")
    async with database.transaction() as work:
        asked = select(CommandRow).where(
            CommandRow.id == given.id, CommandRow.device_id == device_id
        )
        row = (await work.session.scalars(asked.with_for_update())).one_or_none()
        if row is None:
            raise NotFound(NO_COMMAND)
        before = life_of(row)
        life = before.answered(given.outcome, datetime.now(UTC))
        if life.state == given.outcome and not before.is_over:
            row.result = given.result
        await step(work, jobs, row, life)
        return row.state


async def end_overdue(database: Database, jobs: Jobs, *, most: int = 500) -> int:
    """Ends what has run out, in whatever process it was sent; returns how many there were."""
    now = datetime.now(UTC)
    asked = select(CommandRow).where(IS_OPEN, CommandRow.ends_at <= now).limit(most)
    async with database.transaction() as work:
        rows = (await work.session.scalars(asked.with_for_update(skip_locked=True))).all()
        for row in rows:
            await step(work, jobs, row, life_of(row).at(now))
    return len(rows)


async def end_one(database: Database, jobs: Jobs, command_id: UUID) -> None:
    """Ends one command if it has run out by now; one that was answered stays as it is."""
    async with database.transaction() as work:
        row = await work.session.get(CommandRow, command_id, with_for_update=True)
        if row is not None:
            await step(work, jobs, row, life_of(row).at(datetime.now(UTC)))


async def _open(work: UnitOfWork, device_id: UUID) -> Sequence[CommandRow]:
    asked = select(CommandRow).where(CommandRow.device_id == device_id, IS_OPEN)
    locked = asked.order_by(CommandRow.number).with_for_update()
    return (await work.session.scalars(locked)).all()


async def _count_open(work: UnitOfWork, device_id: UUID) -> int:
    waiting = select(func.count()).where(CommandRow.device_id == device_id, IS_OPEN)
    return await work.session.scalar(waiting) or 0


def _order(row: CommandRow, now: datetime) -> Order:
    left = row.ends_at - now
    return Order(
        id=row.id,
        name=row.name,
        arguments=row.arguments,
        delivery=row.deliveries,
        answer_within_ms=int(left.total_seconds() * 1_000),
    )
