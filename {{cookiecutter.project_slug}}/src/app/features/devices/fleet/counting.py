"""How many devices somebody has, and how many of them are connected: counted, and told live.

Counted by one statement from two indexes: that of somebody's devices, and that of who is here.
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy import bindparam
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.features.devices.schemas import Shape
from app.principal import Principal
from app.principal import UserId
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window

from .watch import FRESH_SECONDS

WINDOW = Window(messages=1, seconds=60)
AT_ONCE = 100
COUNTED = text("""
    SELECT owner.id AS owner_id, clock_timestamp() AS at,
        (SELECT count(*) FROM devices WHERE devices.owner_id = owner.id) AS registered,
        (SELECT count(*) FROM devices_sightings WHERE devices_sightings.owner_id = owner.id
            AND gone_at IS NULL AND seen_at > now() - make_interval(secs => :fresh)) AS online
    FROM unnest(:owners) AS owner (id)
""").bindparams(bindparam("owners", type_=ARRAY(PG_UUID)), fresh=FRESH_SECONDS)

log = structlog.get_logger()


class Counts(Shape):
    """How many devices somebody had at a moment, and how many of them were connected."""

    registered: int
    online: int
    at: datetime


class FleetCounts(Counts):
    """The same, and how many devices are like those that were asked for."""

    matching: int


class LiveCounts:
    """Collects whose counts may have changed, and tells their pages all at once, now and then."""

    def __init__(
        self, database: Database, publish: Callable[[str, bytes], Awaitable[object]]
    ) -> None:
        self._database = database
        self._publish = publish
        self._changed: set[UserId] = set()

    def changed(self, owners: Iterable[UserId]) -> None:
        """Notes that devices of these people have come or gone."""
        self._changed.update(owners)

    async def tell(self) -> None:
        """Counts anew for whom something has changed; while the backplane is away nobody is told.

        Raises:
            Unavailable: PostgreSQL is away; they stay noted.
        """
        owners = sorted(self._changed)
        if not owners:
            return
        async with self._database.reading() as session:
            counts = await counted(session, owners)
        self._changed.difference_update(owners)
        told = [(fleet_topic(owner), one.model_dump_json()) for owner, one in counts.items()]
        try:
            for begin in range(0, len(told), AT_ONCE):
                some = told[begin : begin + AT_ONCE]
                await asyncio.gather(*(self._publish(topic, say.encode()) for topic, say in some))
        except BackplaneUnavailable as failure:
            log.info("devices_not_told_live", detail=failure.detail)


async def counted(session: AsyncSession, owners: Iterable[UserId]) -> dict[UserId, Counts]:
    """Returns the counts of each of these people."""
    rows = await session.execute(COUNTED, {"owners": list(owners)})
    return {
        UserId(row.owner_id): Counts(registered=row.registered, online=row.online, at=row.at)
        for row in rows
    }


def fleet_topic(owner: UserId) -> str:
    """Returns the topic of somebody's counts; a message counts as of its ``at``."""
    return f"fleet:{owner}"


def fleet_namespace() -> TopicNamespace:
    """Returns what holds for the topics of counts: nobody but the owner hears them."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        return action != "publish" and who.is_signed_in and key == str(who.own_id)

    return TopicNamespace("fleet", kind=WINDOW, authorise=authorise, scope="devices:read")
