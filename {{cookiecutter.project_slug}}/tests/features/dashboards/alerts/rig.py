"""Alert rules with a second in hand: samples come when a test says so, from a time of its own."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy import select

from app.features.dashboards.alerts import service
from app.features.dashboards.alerts.schemas import EventShape
from app.features.dashboards.alerts.schemas import RuleDraft
from app.features.dashboards.alerts.schemas import RuleShape
from app.features.dashboards.alerts.store import RuleStore
from app.features.dashboards.alerts.tables import RuleRow
from app.features.dashboards.alerts.watch import Watch
from app.features.dashboards.figures import Sample
from app.features.dashboards.figures.tables import SecondRow
from app.resources import Resources
from tests.people import Person

FIGURE = "requests.rate"
HIGH, LOW = 90.0, 10.0
BUSY: dict[str, Any] = {
    "name": "Busy",
    "figure": FIGURE,
    "side": "above",
    "threshold": 80.0,
    "for_seconds": 5,
    "hysteresis": 10.0,
}


class Clock:
    """The seconds of a test; every watch of it gets them from here, as from one database."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.now = datetime.now(UTC).replace(microsecond=0)

    def watch(self) -> Watch:
        """Returns a new process that watches."""
        return Watch(RuleStore(self._resources.database, self._resources.jobs))

    async def pass_seconds(self, watch: Watch, count: int, value: float | None = HIGH) -> None:
        """Has ``watch`` see a value for some seconds."""
        for _ in range(count):
            self.now += timedelta(seconds=1)
            figures = {} if value is None else {FIGURE: value}
            await watch.see(Sample(at=self.now, figures=figures))

    async def sum_second(self) -> None:
        """Stores this second, as the process does that sums."""
        async with self._resources.database.transaction() as work:
            await work.session.execute(
                insert(SecondRow).values(figure=FIGURE, at=self.now, value=HIGH)
            )


async def rule_of(resources: Resources, person: Person, **changes: object) -> RuleShape:
    """Returns a new rule of somebody, ``BUSY`` but for the changes."""
    draft = RuleDraft.model_validate({**BUSY, **changes})
    return await service.create_rule(person.principal, resources.database, draft=draft)


async def events_of(resources: Resources, person: Person) -> list[EventShape]:
    """Returns what somebody's alerts have told, the oldest first."""
    page = await service.list_events(person.principal, resources.database, count=100)
    return page.items[::-1]


async def kinds_of(resources: Resources, person: Person) -> list[str]:
    """Returns the kinds of somebody's events, the oldest first."""
    return [event.kind for event in await events_of(resources, person)]


async def states(resources: Resources) -> list[str]:
    """Returns where all alerts stand, by the names of their rules."""
    async with resources.database.reading() as session:
        return list(await session.scalars(select(RuleRow.state).order_by(RuleRow.name)))
