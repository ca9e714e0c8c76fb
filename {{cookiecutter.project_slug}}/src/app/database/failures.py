"""Which errors mean that PostgreSQL is away or busy, rather than that we are wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import Unavailable

Failure = Literal["away", "busy"]

# SQLSTATE classes and codes. Away: no connection, no resources, shutting down, wrong password, no
# such database, a standby. Busy: statement_timeout, lock_timeout, deadlock, serialization.
AWAY_CLASSES = ("08", "53", "57P", "28", "3D")
AWAY_CODES = {"25006"}
BUSY_CODES = {"57014", "55P03", "40P01", "40001"}

# What a failing connect raises. Inside a transaction most of these would be somebody else's.
CONNECT_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresError,
    DBAPIError,
)
# What statements raise: SQLAlchemy's errors, and the driver's own on a raw connection.
STATEMENT_ERRORS = (PoolTimeoutError, DBAPIError, asyncpg.PostgresError)


def failure_of(error: BaseException) -> Failure | None:
    """Tells whether trying again later may work with nothing of ours changed, and why."""
    if isinstance(error, PoolTimeoutError):
        return "busy"
    if isinstance(error, DBAPIError):
        return "away" if error.connection_invalidated else failure_of_code(sqlstate(error))
    return failure_of_code(sqlstate(error))


def failure_of_code(code: str) -> Failure | None:
    """Tells the same of an SQLSTATE, of which "" is none."""
    if code in BUSY_CODES:
        return "busy"
    return "away" if code.startswith(AWAY_CLASSES) or code in AWAY_CODES else None


def sqlstate(error: BaseException) -> str:
    """Returns the code that PostgreSQL gave an error, or ""."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def reason(error: BaseException) -> str:
    """Returns one line that says what the driver said."""
    text = str(getattr(error, "orig", None) or error) or type(error).__name__
    return " ".join(text.split())[:200]


@contextmanager
def told_in_one_line(where: str) -> Iterator[None]:
    """Turns the driver's ways of being away into one line for whoever runs a command.

    Raises:
        Unavailable: with the place and the reason, which are not for visitors of the service.
    """
    try:
        yield
    except CONNECT_ERRORS as error:
        is_driver_error = isinstance(error, STATEMENT_ERRORS)
        if is_driver_error and failure_of(error) is None:
            raise
        raise Unavailable(f"PostgreSQL at {where} is away: {reason(error)}") from error
