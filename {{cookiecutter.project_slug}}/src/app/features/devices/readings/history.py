"""What a device measured in a range of time, in a bounded number of points."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.database import Database
from app.errors import NotFound
from app.features.devices.topics import owns
from app.principal import Principal

from .schemas import Point
from .schemas import ReadingsOfMetric

BINNED = text("""
    SELECT date_bin(make_interval(secs => :step), at, :begin) AS at,
        avg(value) AS mean, min(value) AS least, max(value) AS most, count(*) AS count
    FROM devices_readings
    WHERE device_id = :device_id AND metric = :metric AND at >= :begin AND at < :end
    GROUP BY 1 ORDER BY 1
""")
STEP_LEAST_SECONDS = 0.001


async def readings_between(
    who: Principal,
    database: Database,
    *,
    device_id: UUID,
    metric: str,
    begin: datetime,
    end: datetime,
    points: int,
) -> ReadingsOfMetric:
    """Returns at most ``points`` of the caller's device, each for a step of the same length.

    Raises:
        NotFound: the caller has no such device.
        Unavailable: PostgreSQL is away, or the range holds too much to be read in time.
    """
    if not await owns(who, database, device_id=device_id):
        raise NotFound("there is no such device")
    step = max((end - begin).total_seconds() / points, STEP_LEAST_SECONDS)
    parameters = {
        "device_id": device_id,
        "metric": metric,
        "begin": begin,
        "end": end,
        "step": step,
    }
    async with database.reading() as session:
        rows = (await session.execute(BINNED, parameters)).all()
    # Rounding in the last place may cut off one step more at the end.
    shown = [Point.model_validate(row._asdict()) for row in rows[:points]]
    return ReadingsOfMetric(metric=metric, step_seconds=step, points=shown)
