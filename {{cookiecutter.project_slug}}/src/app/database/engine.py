"""The pool of connections: its limits, how it heals, and what its failures become.

Failures are translated where they happen. A ``TimeoutError`` or an ``OSError`` of the caller's own
inside a transaction is none of ours, so nobody outside can tell them apart afterwards.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import create_async_engine

from app.database.address import secured
from app.database.failures import CONNECT_ERRORS
from app.database.failures import failure_of
from app.database.failures import reason
from app.database.outage import Outage
from app.settings import DatabaseSettings

# PostgreSQL ends long statements itself; one that is frozen, or behind a cut cable, cannot.
SILENCE_SECONDS = 1.0


def open_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Returns an engine; it connects when it is first used.

    Raises:
        ValueError: ``DATABASE_URL`` is not the address of a PostgreSQL.
    """
    url, tls = secured(settings.url)
    limits = {
        "application_name": "app",
        "statement_timeout": str(int(settings.statement_seconds * 1000)),
        "lock_timeout": str(int(settings.lock_seconds * 1000)),
    }
    engine = create_async_engine(
        url,
        pool_size=settings.pool_connections,
        max_overflow=0,
        pool_timeout=settings.pool_wait_seconds,
        hide_parameters=True,  # rows hold what no log should
        connect_args={
            "timeout": settings.connect_seconds,
            "command_timeout": settings.statement_seconds + SILENCE_SECONDS,
            "server_settings": limits,
            **tls,
        },
    )
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    return engine


def translate_failures(engine: AsyncEngine, outage: Outage) -> None:
    """Makes `Unavailable` of what the driver raises when PostgreSQL is away or busy."""

    def connect(dialect: Dialect, record: object, arguments: Any, options: Any) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except CONNECT_ERRORS as error:
            raise outage.begins(reason(error)) from error

    def translate(context: ExceptionContext) -> Exception | None:
        error = context.sqlalchemy_exception or context.original_exception
        if isinstance(error, TimeoutError):  # no answer: what comes later would be a wrong one
            context.is_disconnect = True
        failure = "away" if context.is_disconnect else failure_of(error)
        if failure == "away" and not isinstance(error, Exception):
            return None  # the task was cancelled
        if failure == "away":
            # What had no answer in time is no matter for a second try: it would double the wait.
            return outage.begins(reason(error), is_cut=not isinstance(error, TimeoutError))
        return outage.busy(reason(error)) if failure == "busy" else None

    event.listen(engine.sync_engine, "do_connect", connect)
    event.listen(engine.sync_engine, "handle_error", translate)


def refuse_closed(connection: Any, record: object, proxy: object) -> None:
    """Replaces a pooled connection that the server has ended since, at no round trip.

    asyncpg sees the end of the stream when it comes; asking it here spares the request that would
    otherwise be the one to find out.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
