"""Where PostgreSQL is: the address as the driver takes it, and as it can be shown."""

from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url

DRIVER = "postgresql+asyncpg"
FORMS = {"postgres", "postgresql", DRIVER}


def driver_url(url: str) -> URL:
    """Returns ``url`` for asyncpg; ``postgres://`` and ``postgresql://`` are taken too.

    Raises:
        ValueError: it is empty or names another kind of database.
    """
    if not url:
        raise ValueError("DATABASE_URL is not set")
    parsed = make_url(url)
    if parsed.drivername not in FORMS:
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {parsed.drivername}://")
    return parsed.set(drivername=DRIVER)


def shown(url: URL) -> str:
    """Returns the server and the database of ``url`` without user and password."""
    socket_folder = url.query.get("host")
    host = socket_folder if isinstance(socket_folder, str) else url.host or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"
