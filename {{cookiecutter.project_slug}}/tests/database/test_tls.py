"""PostgreSQL over TLS, told as libpq is: who is not vouched for gets nothing, and nothing is open.

The embedded PostgreSQL has no TLS, so a front does it: it answers the request for TLS as a
PostgreSQL would, and hands on what it hears.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from sqlalchemy.engine import make_url

from app.database import Database
from app.database.address import secured
from app.errors import Unavailable
from app.settings import Settings
from tests.tls_front import pass_on

ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")
PORT = 5432


class Front:
    """What stands before PostgreSQL; ``context`` of None refuses TLS, as one without it does."""

    def __init__(self, folder: str, context: ssl.SSLContext | None) -> None:
        self._socket = f"{folder}/.s.PGSQL.{PORT}"
        self._context = context
        self.encrypted = 0
        self.opened = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection to its end."""
        try:
            first = await reader.readexactly(8)
            if first == ASKS_FOR_TLS:
                writer.write(b"S" if self._context else b"N")
                if self._context:
                    await writer.start_tls(self._context)
                    self.encrypted += 1
                first = await reader.readexactly(8)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()  # it did not like what it was told
            return
        self.opened += 1
        inside, outside = await asyncio.open_unix_connection(self._socket)
        outside.write(first)
        await asyncio.gather(pass_on(reader, outside), pass_on(inside, writer))


@asynccontextmanager
async def fronted(
    settings: Settings, context: ssl.SSLContext | None
) -> AsyncIterator[tuple[Front, str]]:
    """Yields the front and its address."""
    url = make_url(settings.database.url)
    front = Front(str(url.query["host"]), context)
    server = await asyncio.start_server(front.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    plain = url.difference_update_query(["host"]).set(
        host="localhost", port=port, database="postgres"
    )
    async with server:
        yield front, plain.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    """Returns the server's side, with a certificate for localhost."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(made)
    return made


def verified(url: str, authority: trustme.CA, folder: Path) -> str:
    """Returns an address that trusts this authority and no other."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return f"{url}?sslmode=verify-full&sslrootcert={path}"


def database_at(settings: Settings, url: str) -> Database:
    """Returns a database at another address."""
    return Database(settings.database.model_copy(update={"url": url}))


async def ask(database: Database) -> Any:
    """Asks over the pool and over a connection outside of it, as LISTEN needs one."""
    try:
        await database.ping()
        connection = await database.own_connection("listener")
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()
    finally:
        await database.close()


async def test_both_ways_are_encrypted_where_the_server_is_vouched_for(
    settings: Settings, authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    async with fronted(settings, context) as (front, url):
        answer = await ask(database_at(settings, verified(url, authority, tmp_path)))

    assert answer == 1
    assert (front.encrypted, front.opened) == (2, 2)


async def test_the_authority_is_read_once_and_not_with_each_connection(
    settings: Settings, authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    async with fronted(settings, context) as (front, url):
        database = database_at(settings, verified(url, authority, tmp_path))
        (tmp_path / "authority.pem").unlink()
        answer = await ask(database)

    assert (answer, front.encrypted) == (1, 2)


async def test_a_server_that_nobody_vouches_for_hears_nothing(
    settings: Settings, context: ssl.SSLContext, tmp_path: Path
) -> None:
    async with fronted(settings, context) as (front, url):
        with pytest.raises(Unavailable):
            await ask(database_at(settings, verified(url, trustme.CA(), tmp_path)))

    assert front.opened == 0


async def test_neither_does_one_of_another_name_nor_one_without_tls(
    settings: Settings, authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    async with fronted(settings, context) as (named, url), fronted(settings, None) as (open_, bare):
        elsewhere = verified(url.replace("localhost", "127.0.0.1"), authority, tmp_path)
        with pytest.raises(Unavailable):
            await ask(database_at(settings, elsewhere))
        with pytest.raises(Unavailable):
            await ask(database_at(settings, verified(bare, authority, tmp_path)))

    assert (named.opened, open_.opened) == (0, 0)


async def test_without_the_mode_the_driver_falls_back_and_speaks_in_the_clear(
    settings: Settings,
) -> None:
    async with fronted(settings, None) as (front, url):
        assert await ask(database_at(settings, url)) == 1

    assert (front.encrypted, front.opened) == (0, 2)


@pytest.mark.parametrize("query", ["sslmode=sure", "sslmode=verify-full&sslrootcert=/none.pem"])
def test_what_cannot_be_heeded_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL: ssl"):
        secured(f"postgresql://app@db/app?{query}")
