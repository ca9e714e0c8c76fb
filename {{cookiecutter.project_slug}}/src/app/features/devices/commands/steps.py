"""From a command's life to its row and back: a step is stored, told, and its end is seen to."""

from datetime import UTC
from datetime import datetime
from typing import cast

from app.database import UnitOfWork
from app.features.devices.live_topics import happenings_topic
from app.jobs import Jobs

from .life import Life
from .life import State
from .schemas import Command
from .schemas import CommandChanged
from .tables import CommandRow

END_TASK = "devices.end_command"
# The job comes when the time is surely out, by the clock of whichever worker runs it.
LATE_SECONDS = 0.05


def life_of(row: CommandRow, *, state: State | None = None) -> Life:
    """Returns where a command stands by its row; ``state`` is that of a row yet to be stored."""
    return Life(
        state=state or cast("State", row.state),
        expires_at=row.expires_at,
        timeout_seconds=row.timeout_seconds,
        sent_at=row.sent_at,
        ended_at=row.ended_at,
        deliveries=row.deliveries or 0,
    )


async def step(work: UnitOfWork, jobs: Jobs, row: CommandRow, life: Life) -> None:
    """Stores and announces a step, if it is one, and has a job end the command in time.

    The job survives the process; another one that finds it answered does nothing.
    """
    is_new = row.version is None
    if not is_new and life == life_of(row):
        return
    opened = life.state != row.state and not life.is_over
    row.state, row.deliveries = life.state, life.deliveries
    row.sent_at, row.ended_at = life.sent_at, life.ended_at
    row.ends_at = life.ended_at or life.ends_at
    row.version = 1 if is_new else row.version + 1
    await work.session.flush()
    if is_new:
        await work.session.refresh(row, ["number", "created_at", "result"])
    changed = CommandChanged(command=shape(row))
    work.announce(happenings_topic(row.device_id), changed.model_dump_json().encode())
    if opened:
        seconds = (life.ends_at - datetime.now(UTC)).total_seconds() + LATE_SECONDS
        await jobs.enqueue(
            work, END_TASK, payload={"command_id": str(row.id)}, after_seconds=max(0.0, seconds)
        )


def shape(row: CommandRow) -> Command:
    """Returns a command as it is at this moment, even when nobody has stored its end yet."""
    life = life_of(row).at(datetime.now(UTC))
    return Command(
        id=row.id,
        device_id=row.device_id,
        name=row.name,
        arguments=row.arguments,
        state=life.state,
        version=row.version,
        deliveries=life.deliveries,
        result=row.result,
        created_at=row.created_at,
        expires_at=row.expires_at,
        sent_at=life.sent_at,
        ended_at=life.ended_at,
        ends_at=life.ended_at or life.ends_at,
    )
