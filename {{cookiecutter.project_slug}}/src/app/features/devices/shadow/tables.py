"""What is desired of a device, and what it reports."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class ShadowRow(Base):
    """Both halves of a shadow with their versions; there is no row before the first of them."""

    __tablename__ = "devices_shadows"

    device_id: Mapped[UUID] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )
    desired: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default=text("'{}'"))
    desired_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reported: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default=text("'{}'"))
    reported_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    desired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reported_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
