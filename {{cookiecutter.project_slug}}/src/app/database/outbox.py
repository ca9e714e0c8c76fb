"""The outbox: events written with the rows they speak of, published after the commit.

Without it a process that dies between its commit and its publish loses the event, and one that
publishes before its commit tells of what never happened.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import Identity
from sqlalchemy import LargeBinary
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database.base import Base


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
