"""The rows behind people, their sessions and the tickets of these."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import Text
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class UserRow(Base):
    """A person; ``disabled_at`` shuts them out without losing what they wrote."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", func.lower(text("email")), unique=True),
        Index("ix_users_created_at_id", "created_at", "id"),
        # The function is of `identity_0012`; `app.identity.people.search` asks it the same.
        Index(
            "ix_users_words",
            func.words_of_person(text("name"), text("email")),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    # The role `administrator` for processes of the version before roles; goes with the next one.
    is_admin: Mapped[bool] = mapped_column(server_default=false())
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SessionRow(Base):
    """A browser that holds a token; of the token only its SHA-256 is here.

    ``expires_at`` already honours both limits: it moves with ``last_seen_at`` (idle) and never
    past the absolute one. ``authenticated_at`` is when the person last
    proved who they are; rows from before it was kept count from ``created_at``. Without a user it
    is a visitor's, made when a view stored something.
    """

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    data: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default=text("'{}'"))
    device: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    authenticated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # The OpenID provider that saw a second factor as the session began; others have NULL.
    factor_provider: Mapped[str | None] = mapped_column(Text)


class TicketRow(Base):
    """A ticket that nobody has used yet; of the ticket only its SHA-256 is here."""

    __tablename__ = "tickets"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
