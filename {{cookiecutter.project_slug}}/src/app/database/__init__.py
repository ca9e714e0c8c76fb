"""PostgreSQL: units of work, the outbox, migrations."""

from app.database.base import Base
from app.database.database import Database
from app.database.outbox import EVENT_SECONDS
from app.database.outbox import Event
from app.database.outbox import OutboxRow
from app.database.relay import OutboxRelay
from app.database.relay import delete_old_events
from app.database.second_try import tried_twice
from app.database.unit_of_work import UnitOfWork

__all__ = [
    "EVENT_SECONDS",
    "Base",
    "Database",
    "Event",
    "OutboxRelay",
    "OutboxRow",
    "UnitOfWork",
    "delete_old_events",
    "tried_twice",
]
