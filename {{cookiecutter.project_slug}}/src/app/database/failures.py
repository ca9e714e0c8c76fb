"""Which errors mean that PostgreSQL is away or busy, rather than that we are wrong."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

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
