"""Groups of devices, and who is connected."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class GroupRow(Base):
    """A set of somebody's devices, under a name that they gave it."""

    __tablename__ = "devices_groups"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class GroupedRow(Base):
    """One device in one group; both belong to one owner."""

    __tablename__ = "devices_grouped"
    __table_args__ = (Index("ix_devices_grouped_device_id", "device_id"),)

    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("devices_groups.id", ondelete="CASCADE"), primary_key=True
    )
    device_id: Mapped[UUID] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )


class SightingRow(Base):
    """When a device was connected last, to a minute; ``gone_at`` when it was seen to leave.

    Written by the process that it is connected to, for all of its devices together. Without a
    ``gone_at`` after ``seen_at`` a device counts as online while ``seen_at`` is fresh, so that
    those of a killed process are offline soon after. The index holds who is here by their owner,
    and no column that changes while they stay.
    """

    __tablename__ = "devices_sightings"
    __table_args__ = (
        Index("ix_devices_sightings_here", "owner_id", postgresql_where=text("gone_at IS NULL")),
        {"postgresql_with": {"fillfactor": 50}},
    )

    device_id: Mapped[UUID] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )
    owner_id: Mapped[UUID | None]
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    gone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
