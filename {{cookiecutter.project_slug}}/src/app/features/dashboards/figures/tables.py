"""The history of the figures, and what each process said last."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import Double
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base


class ProcessRow(Base):
    """What one process measured last, ``at`` the database's clock."""

    __tablename__ = "dashboards_processes"

    process: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sample: Mapped[dict[str, object]] = mapped_column(JSONB)


class SecondRow(Base):
    """One figure in one second, summed over the processes."""

    __tablename__ = "dashboards_seconds"

    figure: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    value: Mapped[float] = mapped_column(Double)


class MinuteRow(Base):
    """One figure in one minute: ``at`` is its first second, ``seconds`` how many were measured."""

    __tablename__ = "dashboards_minutes"

    figure: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    least: Mapped[float] = mapped_column(Double)
    most: Mapped[float] = mapped_column(Double)
    mean: Mapped[float] = mapped_column(Double)
    seconds: Mapped[int] = mapped_column(BigInteger)


class HourRow(Base):
    """One figure in one hour, of its minutes."""

    __tablename__ = "dashboards_hours"

    figure: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    least: Mapped[float] = mapped_column(Double)
    most: Mapped[float] = mapped_column(Double)
    mean: Mapped[float] = mapped_column(Double)
    seconds: Mapped[int] = mapped_column(BigInteger)
