"""The rows of who wants to join, and of the links that letters hold."""

from datetime import datetime
from uuid import UUID
from uuid import uuid4

from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class SignUpRow(Base):
    """Somebody who wants to join and has not shown yet that the address is theirs: no user.

    ``goal`` is the path where they were heading; no letter holds it, as they typed it in effect.
    """

    __tablename__ = "sign_ups"
    __table_args__ = (Index("ix_sign_ups_email_lower", func.lower(text("email"))),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    goal: Mapped[str] = mapped_column(Text, server_default="/")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class MailLinkRow(Base):
    """A link that nobody has used yet; of its token only the SHA-256 is here.

    It belongs to a sign-up or to a person; ``email`` is the address that it proves.
    """

    __tablename__ = "mail_links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text)
    sign_up_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("sign_ups.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
