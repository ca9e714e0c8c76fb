"""Where PostgreSQL is: the address as the driver takes it, how it is secured, how it can be shown.

``sslmode`` and ``sslrootcert`` mean what they mean to libpq. SQLAlchemy would hand them to asyncpg
as arguments that it does not have. ``verify-full`` never falls back to an open connection.
"""

import ssl
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DRIVER = "postgresql+asyncpg"
FORMS = {"postgres", "postgresql", DRIVER}
VERIFIED = ("verify-ca", "verify-full")
MODES = {"disable", "allow", "prefer", "require", *VERIFIED}
TLS_OPTIONS = ("sslmode", "sslrootcert")
EXAMPLE = "postgresql://user:password@host:5432/name"


def driver_url(url: str) -> URL:
    """Returns ``url`` for asyncpg; ``postgres://`` and ``postgresql://`` are taken too.

    Raises:
        ValueError: it is empty, no address, or names another kind of database.
    """
    if not url:
        raise ValueError("DATABASE_URL is not set")
    if "://" not in url:
        raise ValueError("DATABASE_URL must begin with postgresql://")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # theirs may show a part of a password
        raise ValueError(f"DATABASE_URL is no address such as {EXAMPLE}") from None
    if parsed.drivername not in FORMS:
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {parsed.drivername}://")
    return parsed.set(drivername=DRIVER)


def secured(address: str) -> tuple[URL, dict[str, Any]]:
    """Returns `driver_url` without the options of TLS, and what asyncpg takes for them.

    Raises:
        ValueError: as for ``driver_url``; the mode is none, or there is no file with the authority.
    """
    url = driver_url(address)
    found = {name: url.query[name] for name in TLS_OPTIONS if name in url.query}
    if not found:
        return url, {}
    mode, authority = str(found.get("sslmode", "prefer")), found.get("sslrootcert")
    if mode not in MODES:
        raise ValueError(f"DATABASE_URL: sslmode is one of {', '.join(sorted(MODES))}")
    plain = url.difference_update_query(TLS_OPTIONS)
    if mode not in VERIFIED:
        return plain, {"ssl": mode}
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
    except OSError as error:
        raise ValueError(f"DATABASE_URL: sslrootcert cannot be read: {error}") from error
    context.check_hostname = mode == "verify-full"
    return plain, {"ssl": context}


def shown(url: URL) -> str:
    """Returns the server and the database of ``url`` without user and password."""
    socket_folder = url.query.get("host")
    host = socket_folder if isinstance(socket_folder, str) else url.host or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"
