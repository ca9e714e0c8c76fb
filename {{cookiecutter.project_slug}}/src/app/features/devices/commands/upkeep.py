"""What a worker does about commands: it ends what has run out, and forgets what is old."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from functools import partial
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete

from app.database import Database
from app.features.devices.settings import DevicesSettings
from app.jobs import Jobs

from .service import end_one
from .service import end_overdue
from .steps import END_TASK
from .tables import CommandRow

OVERDUE_SCHEDULE = "* * * * *"
OLD_SCHEDULE = "17 3 * * *"


def keep_up(database: Database, jobs: Jobs, settings: DevicesSettings) -> None:
    """Registers the task that ends one command in time, and the schedules behind it."""

    async def end(payload: dict[str, JsonValue]) -> None:
        await end_one(database, jobs, UUID(str(payload["command_id"])))

    async def end_what_was_missed() -> None:
        await end_overdue(database, jobs)

    jobs.task(END_TASK, end)
    jobs.schedule("devices.end_overdue_commands", OVERDUE_SCHEDULE, end_what_was_missed)
    jobs.schedule(
        "devices.delete_old_commands",
        OLD_SCHEDULE,
        partial(delete_old, database, days=settings.command_days),
    )


async def delete_old(database: Database, *, days: float) -> None:
    """Removes the commands that ended more than ``days`` days ago."""
    before = datetime.now(UTC) - timedelta(days=days)
    async with database.transaction() as work:
        await work.session.execute(delete(CommandRow).where(CommandRow.ended_at < before))
