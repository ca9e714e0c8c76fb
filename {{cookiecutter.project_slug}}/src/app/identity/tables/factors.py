"""The rows behind the second factor."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import LargeBinary
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class FactorRow(Base):
    """The secret that a person's authenticator shares with us, sealed; it counts once confirmed.

    ``last_step`` is the time step of the last code that was taken: no code is taken twice.
    ``shown_to`` is the session that it was made for; until it is confirmed, no other one sees it.
    """

    __tablename__ = "factors"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    shown_to: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class PendingFactorRow(Base):
    """The secret of another phone, sealed, until a code shows that it has it; it opens nothing.

    It belongs to the session that asked for it and ends with it.
    """

    __tablename__ = "pending_factors"

    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RecoveryCodeRow(Base):
    """A code that replaces the authenticator once; the row goes when the code is used."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class HalfSignInRow(Base):
    """A password that was right, where a second factor is still to come; it opens nothing.

    ``password_seal`` is a hash of the stored hash of that password: after a change of password the
    row is worth nothing.
    """

    __tablename__ = "half_sign_ins"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    password_seal: Mapped[bytes] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
