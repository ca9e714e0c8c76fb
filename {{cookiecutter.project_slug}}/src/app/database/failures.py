"""Which errors mean that PostgreSQL is away or busy, rather than that we are wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import Unavailable

# SQLSTATE classes and codes: connection, resources, operator intervention (which includes
# statement_timeout) and lock_timeout.
AWAY_CLASSES = ("08", "53", "57")
AWAY_CODES = {"55P03", "3D000", "28P01", "28000"}

# What a failing connect raises: SQLAlchemy wraps only the errors of an open connection.
AWAY_ERRORS = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresError,
    DBAPIError,
)


def is_away(error: BaseException) -> bool:
    """Tells whether trying again later may work, with nothing of ours changed."""
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or is_away_code(code)
    if isinstance(error, asyncpg.PostgresError):
        return is_away_code(error.sqlstate)
    return isinstance(error, AWAY_ERRORS)


def is_away_code(code: str | None) -> bool:
    """Tells whether an SQLSTATE says that the server cannot serve us now."""
    return code is not None and (code.startswith(AWAY_CLASSES) or code in AWAY_CODES)


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
    except AWAY_ERRORS as error:
        if not is_away(error):
            raise
        raise Unavailable(f"PostgreSQL at {where} is away: {reason(error)}") from error
