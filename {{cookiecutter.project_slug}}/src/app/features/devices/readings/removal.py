"""Removing the readings of devices that are gone, some at a time."""

from uuid import UUID

from sqlalchemy import text

from app.database import Database
from app.database import UnitOfWork
from app.jobs import Jobs
from app.jobs.jobs import Payload

FORGET_READINGS = "devices.forget_readings"
DELETED_AT_ONCE = 5_000
DEVICES_PER_JOB = 500
DELETE = text("""
    DELETE FROM devices_readings WHERE (device_id, metric, at, number) IN (
        SELECT device_id, metric, at, number FROM devices_readings
        WHERE device_id = :device_id LIMIT :count
    ) RETURNING 1
""")


async def forget_later(jobs: Jobs, work: UnitOfWork, device_ids: list[UUID]) -> None:
    """Has a job remove the readings of devices that go with the caller's transaction."""
    for begin in range(0, len(device_ids), DEVICES_PER_JOB):
        names = [str(one) for one in device_ids[begin : begin + DEVICES_PER_JOB]]
        await jobs.enqueue(work, FORGET_READINGS, payload={"device_ids": list(names)})


async def forget_readings(database: Database, payload: Payload) -> None:
    """Removes the readings of the devices that the job names; twice changes nothing."""
    names = payload["device_ids"]
    for name in names if isinstance(names, list) else []:
        parameters = {"device_id": UUID(str(name)), "count": DELETED_AT_ONCE}
        gone = DELETED_AT_ONCE
        while gone == DELETED_AT_ONCE:
            async with database.transaction() as work:
                gone = len((await work.session.execute(DELETE, parameters)).all())
