"""The alert rules of people, where each stands, and what they told."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import DateTime
from sqlalchemy import Double
from sqlalchemy import ForeignKey
from sqlalchemy import Identity
from sqlalchemy import Index
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class RuleRow(Base):
    """A rule of one person, and where its alert stands.

    ``version`` rises when the person changes the rule, ``turn`` whenever the alert moves: the
    process that watches moves it from the turn that it has seen, so of two that believe to be that
    process one does nothing.
    """

    __tablename__ = "dashboards_rules"
    __table_args__ = (
        CheckConstraint("side IN ('above', 'below')", name="side_known"),
        CheckConstraint("state IN ('ok', 'pending', 'raised')", name="state_known"),
        Index("ix_dashboards_rules_owner_id_created_at_id", "owner_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    figure: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    threshold: Mapped[float] = mapped_column(Double)
    for_seconds: Mapped[int]
    hysteresis: Mapped[float] = mapped_column(Double)
    by_mail: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    state: Mapped[str] = mapped_column(Text, server_default=text("'ok'"))
    since: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    calm_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    turn: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class EventRow(Base):
    """An alert that was raised or cleared, as the rule was at that time.

    ``letter`` tells what became of its letter: none was wanted, it is due, it was sent, or it was
    held back because there had been too many.
    """

    __tablename__ = "dashboards_events"
    __table_args__ = (
        CheckConstraint("kind IN ('raised', 'cleared')", name="kind_known"),
        CheckConstraint("letter IN ('none', 'due', 'sent', 'held')", name="letter_known"),
        UniqueConstraint("rule_id", "turn"),
        Index("ix_dashboards_events_owner_id_id", "owner_id", "id"),
        Index("ix_dashboards_events_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rule_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dashboards_rules.id", ondelete="SET NULL")
    )
    turn: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    figure: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    threshold: Mapped[float] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    letter: Mapped[str] = mapped_column(Text, server_default=text("'none'"))
