"""The pool of connections: its limits, and how it heals after PostgreSQL was away."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import create_async_engine

from app.database.address import driver_url
from app.settings import DatabaseSettings


def open_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Returns an engine; it connects when it is first used.

    Raises:
        ValueError: ``DATABASE_URL`` is not the address of a PostgreSQL.
    """
    limits = {
        "application_name": "app",
        "statement_timeout": str(int(settings.statement_seconds * 1000)),
        "lock_timeout": str(int(settings.lock_seconds * 1000)),
    }
    engine = create_async_engine(
        driver_url(settings.url),
        pool_size=settings.pool_connections,
        max_overflow=0,
        pool_timeout=settings.pool_wait_seconds,
        connect_args={"timeout": settings.connect_seconds, "server_settings": limits},
    )
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    return engine


def refuse_closed(connection: Any, record: object, proxy: object) -> None:
    """Replaces a pooled connection that the server has ended since, at no round trip.

    asyncpg sees the end of the stream when it comes; asking it here spares the request that would
    otherwise be the one to find out.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
