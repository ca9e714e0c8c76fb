"""How readings look in answers of routes."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

from pydantic import Field
from pydantic import model_validator

from app.features.devices.schemas import Shape
from app.web.values import Moment

POINTS = 500
POINTS_MOST = 2_000
USUAL_RANGE = timedelta(hours=1)


class ReadingsQuery(Shape):
    """When, and in how many points; the last hour unless it says otherwise."""

    begin: Moment | None = None
    end: Moment | None = None
    points: int = Field(default=POINTS, ge=1, le=POINTS_MOST)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "ReadingsQuery":
        if self.begin is not None and self.end is not None and self.begin >= self.end:
            raise ValueError("end must come after begin")
        return self

    def range(self) -> tuple[datetime, datetime]:
        """Returns the first moment, and the first one that is not asked for."""
        end = self.end or (self.begin + USUAL_RANGE if self.begin else datetime.now(UTC))
        return self.begin or end - USUAL_RANGE, end


class Point(Shape):
    """What was measured in one step, which begins ``at``; one without readings has no point."""

    at: datetime
    mean: float
    least: float
    most: float
    count: int


class ReadingsOfMetric(Shape):
    """The readings of one metric in steps of ``step_seconds``, the oldest first."""

    metric: str
    step_seconds: float
    points: list[Point]
