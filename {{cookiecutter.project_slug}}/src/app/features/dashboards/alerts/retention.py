"""Forgetting what alerts told long ago."""

from sqlalchemy import text

from app.database import Database

DELETED_AT_ONCE = 5_000
DELETE_OLD = text("""
    DELETE FROM dashboards_events WHERE id IN (
        SELECT id FROM dashboards_events
        WHERE at < now() - make_interval(days => :days) ORDER BY at LIMIT :count
    ) RETURNING id
""")


async def delete_old_events(database: Database, *, days: int) -> None:
    """Deletes events that are older than ``days``, some at a time; for a schedule to call."""
    gone = DELETED_AT_ONCE
    while gone == DELETED_AT_ONCE:
        async with database.transaction() as work:
            bounds = {"days": days, "count": DELETED_AT_ONCE}
            gone = len((await work.session.scalars(DELETE_OLD, bounds)).all())
