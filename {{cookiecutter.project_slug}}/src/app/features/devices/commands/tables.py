"""The commands that were sent to devices."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Identity
from sqlalchemy import Index
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base

IS_OPEN = text("state IN ('queued', 'sent')")


class CommandRow(Base):
    """A command and where it stands; ``life`` says what may follow what.

    ``number`` is the order in which they were sent. ``ends_at`` is when it ends by itself, for as
    long as it is open, and when it ended, afterwards. ``version`` rises with every step.
    """

    __tablename__ = "devices_commands"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sent', 'acknowledged', 'failed', 'timed_out', 'expired')",
            name="state_known",
        ),
        Index("ix_devices_commands_device_id_number", "device_id", "number"),
        Index(
            "ix_devices_commands_open_device_id_number",
            "device_id",
            "number",
            postgresql_where=IS_OPEN,
        ),
        Index("ix_devices_commands_ends_at", "ends_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    arguments: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default=text("'queued'"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    timeout_seconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    deliveries: Mapped[int] = mapped_column(server_default=text("0"))
    result: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
