"""What has grown old goes, in portions that hold nobody up."""

from datetime import timedelta

from sqlalchemy import text

from app.database import Database
from app.features.dashboards.settings import DashboardsSettings

PORTION_ROWS = 20_000
PROCESS_AGE = timedelta(hours=1)


async def delete_old_figures(database: Database, settings: DashboardsSettings) -> None:
    """Deletes seconds, minutes and hours that were kept for long enough, and processes gone."""
    seconds, days = timedelta(hours=settings.keep_seconds_hours), timedelta(days=settings.keep_days)
    for table, age in (
        ("dashboards_seconds", seconds),
        ("dashboards_minutes", days),
        ("dashboards_hours", days),
        ("dashboards_processes", PROCESS_AGE),
    ):
        await _delete(database, table, age)


async def _delete(database: Database, table: str, age: timedelta) -> None:
    statement = text(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - names of ours
        f"SELECT ctid FROM {table} WHERE at < now() - CAST(:age AS interval) LIMIT {PORTION_ROWS}))"
        " RETURNING 1"
    )
    deleted = PORTION_ROWS
    while deleted == PORTION_ROWS:
        async with database.transaction() as work:
            rows = await work.session.execute(statement, {"age": age})
            deleted = len(rows.all())
