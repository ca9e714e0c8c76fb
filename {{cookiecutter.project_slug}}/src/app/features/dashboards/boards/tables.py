"""The dashboards that people have put together."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class BoardRow(Base):
    """A dashboard of one person; ``panels`` is a document, read and written as a whole."""

    __tablename__ = "dashboards_boards"
    __table_args__ = (
        Index("ix_dashboards_boards_owner_id_created_at_id", "owner_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    panels: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class LinkRow(Base):
    """A link that shows a dashboard to whoever has it; of its token only the SHA-256 is here.

    ``looked_at`` is when somebody last looked, to the minute.
    """

    __tablename__ = "dashboards_links"
    __table_args__ = (Index("ix_dashboards_links_board_id", "board_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    board_id: Mapped[UUID] = mapped_column(ForeignKey("dashboards_boards.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    looked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
