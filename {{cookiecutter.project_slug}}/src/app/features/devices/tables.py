"""Devices, how far each of them has come, and what they measured."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class DeviceRow(Base):
    """A device of somebody's; of its token only the SHA-256 and the beginning are here.

    ``metrics`` are the names that it may send. Without a ``token_hash`` it was revoked, and stays
    out until it gets another token. ``version`` rises with every change of what its owner set.
    """

    __tablename__ = "devices"
    __table_args__ = (
        Index("ix_devices_owner_id_created_at_id", "owner_id", "created_at", "id"),
        Index("ix_devices_tags", "tags", postgresql_using="gin"),
        # The function is of `devices_0003`; `finding` asks it the same.
        Index(
            "ix_devices_words",
            func.words_of_device(text("owner_id"), text("name")),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    metrics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    token_hint: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ProgressRow(Base):
    """How far a device has come: written with its readings, in the same transaction.

    Apart from the device itself, so that ingest never waits for somebody who renames it.
    ``last_number`` is that of its last reading that is stored, 0 before the first. ``newest`` has
    ``{"value", "at_ms"}`` by metric. ``last_seen_at`` is when something was stored last.
    """

    __tablename__ = "devices_progress"
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # noqa: RUF012 - SQLAlchemy's own

    device_id: Mapped[UUID] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )
    last_number: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    newest: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default=text("'{}'"))
    last_seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ReadingRow(Base):
    """One reading, in the partition of its day (UTC).

    No foreign key: it would be looked up for each of ten thousand rows a second. Readings of a
    device that is gone are nobody's to see, and a job removes them.
    """

    __tablename__ = "devices_readings"
    __table_args__ = {"postgresql_partition_by": "RANGE (at)"}  # noqa: RUF012 - SQLAlchemy's own

    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    value: Mapped[float] = mapped_column(DOUBLE_PRECISION)
