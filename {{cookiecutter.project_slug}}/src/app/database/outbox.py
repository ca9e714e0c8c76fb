"""The outbox: events written with the rows they speak of, published after the commit.

Without it a process that dies between its commit and its publish loses the event, and one that
publishes before its commit tells of what never happened.
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import Identity
from sqlalchemy import LargeBinary
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database.base import Base
from app.errors import Unavailable

# An event that could not be published for so long is given up. The keys of publishes must live at
# least as long: the relay may publish an event again at any time until then.
EVENT_SECONDS = 24 * 3600

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened; ``key`` makes a second telling on ``topic`` harmless."""

    id: int
    topic: str
    data: bytes

    @property
    def key(self) -> str:
        """The idempotency key of the publish."""
        return f"outbox:{self.id}"


Publish = Callable[[Event], Awaitable[None]]


async def published(
    events: Sequence[Event], publish: Publish, *, within_seconds: float
) -> list[Event]:
    """Publishes in order and returns the events that went out; never raises.

    1. The backplane is away, or the time is up: the rest would fail as well, so it stays.
    2. One event cannot be published: it is logged and stays, and the others do not suffer.
    """
    done: list[Event] = []
    try:
        async with asyncio.timeout(within_seconds):
            for event in events:
                if await goes_out(event, publish):
                    done.append(event)
    except (Unavailable, TimeoutError):
        pass
    return done


async def goes_out(event: Event, publish: Publish) -> bool:
    """Publishes one event; False, and a line in the log, when it is the event that is at fault.

    Raises:
        Unavailable: the backplane is away.
        TimeoutError: a deadline around this is over.
    """
    try:
        await publish(event)
    except (Unavailable, TimeoutError):
        raise
    except Exception:
        # Perhaps another version of the service knows its topic; see the relay.
        log.exception("event_cannot_be_published", outbox_id=event.id, topic=event.topic)
        return False
    return True


class OutboxRow(Base):
    """An event that is committed and perhaps not published yet."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    topic: Mapped[str] = mapped_column(Text)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True
    )

    def event(self) -> Event:
        """Returns what is to be published."""
        return Event(self.id, self.topic, self.data)


# Plain SQL: every write that announces runs both, and the ORM would cost three times as much.
# One statement whatever the number of events, and ids in the order of the announcements.
INSERT = text("""
    INSERT INTO outbox (topic, data)
    SELECT topic, data
    FROM unnest(CAST(:topics AS text[]), CAST(:data AS bytea[]))
        WITH ORDINALITY AS event (topic, data, place)
    ORDER BY place
    RETURNING id
""")
DELETE = text("DELETE FROM outbox WHERE id = ANY(CAST(:ids AS bigint[]))")
