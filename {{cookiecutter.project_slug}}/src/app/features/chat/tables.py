"""Rooms, who belongs to them, and what was written there."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import DateTime
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


class RoomRow(Base):
    """A room. ``version`` rises with every change of the room or of who belongs to it.

    Writers lock this row, so that message ids within a room rise in the order of the commits:
    paging and read marks compare ids and would miss a message that commits behind a later one.
    """

    __tablename__ = "chat_rooms"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(Text)
    is_private: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class MembershipRow(Base):
    """One person in one room; everything up to ``last_read_message_id`` has been seen."""

    __tablename__ = "chat_memberships"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'moderator', 'member')", name="role_known"),
        Index("ix_chat_memberships_user_id", "user_id"),
    )

    room_id: Mapped[UUID] = mapped_column(
        ForeignKey("chat_rooms.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(Text)
    last_read_message_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    joined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class MessageRow(Base):
    """One message. A deleted one keeps its place and loses its text.

    ``version`` rises with every edit, so that of two events about a message the newer one wins.
    ``idempotency_key`` is the author's own: sending twice with one key stores one message.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("author_id", "idempotency_key"),
        Index("ix_chat_messages_room_id_id", "room_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("chat_rooms.id", ondelete="CASCADE"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(Text)
    idempotency_key: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
