"""``app check``: what would go wrong in production, one line each."""

import asyncio
import sys
from collections.abc import AsyncIterator
from collections.abc import Iterator

import click
from redis.exceptions import RedisError

from app.commands.branches import migration_locations
from app.database.migrate import pending
from app.errors import Unavailable
from app.realtime.redis.dialing import Dial
from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.dialing import ask
from app.realtime.redis.sentinel import SentinelDial
from app.realtime.redis.topology import ask_for_owners
from app.redis_url import RedisServers
from app.redis_url import redis_servers
from app.settings import RedisSettings
from app.settings import Settings


@click.command()
def check() -> None:
    """Looks at settings, migrations and servers.

    Prints one line for each thing that is wrong, and exits with 1 when there is any. Settings that
    are unsafe in production count only when ENVIRONMENT is production; elsewhere they are listed
    as a reminder.
    """
    settings = Settings()
    is_production = settings.environment == "production"
    unsafe = list(unsafe_settings(settings))
    for line in unsafe:
        click.echo(line if is_production else f"in production: {line}")
    broken = asyncio.run(_collect(settings))
    for line in broken:
        click.echo(line)
    if broken or (unsafe and is_production):
        sys.exit(1)
    click.echo("nothing is in the way")


def unsafe_settings(settings: Settings) -> Iterator[str]:
    """Yields one line for each setting that would be unsafe in production."""
    if settings.environment != "production":
        yield f"ENVIRONMENT is {settings.environment}"
    if not settings.is_secure:
        yield f"PUBLIC_URL is {settings.public_url}: cookies would travel without TLS"
    if settings.realtime.backplane == "memory":
        yield "REALTIME_BACKPLANE is memory: processes would not hear each other"
    if settings.realtime.load_topics:
        yield "REALTIME_LOAD_TOPICS is on: whoever is signed in may publish there"
    if settings.log_level == "debug":
        yield "LOG_LEVEL is debug: logs may hold personal data"
    if settings.identity.password_min_characters < 8:
        yield "IDENTITY_PASSWORD_MIN_CHARACTERS is below 8"


async def _collect(settings: Settings) -> list[str]:
    return [line async for line in broken_parts(settings)]


async def broken_parts(settings: Settings) -> AsyncIterator[str]:
    """Yields one line for each server that is away, and for migrations that wait."""
    async for line in broken_database(settings):
        yield line
    if settings.realtime.backplane == "redis":
        async for line in broken_redis(settings.redis):
            yield line


async def broken_database(settings: Settings) -> AsyncIterator[str]:
    """Yields what is wrong with PostgreSQL or its tables."""
    try:
        waiting = await pending(settings, locations=migration_locations())
    except (Unavailable, ValueError) as error:
        yield str(error)
    else:
        if waiting:
            yield f"{len(waiting)} migrations are not applied: run `app migrate`"


async def broken_redis(settings: RedisSettings) -> AsyncIterator[str]:
    """Yields what is wrong with Redis."""
    if not settings.url:
        yield "Redis: REDIS_URL is not set"
        return
    servers = redis_servers(settings.url)
    try:
        await reach(servers, settings)
    except (RedisError, OSError, TimeoutError) as error:
        yield f"Redis: {servers.shown} does not answer: {error}"


async def reach(servers: RedisServers, settings: RedisSettings) -> None:
    """Connects once: to the server, to any node of the Cluster, or to the Sentinels' primary.

    Raises:
        RedisError: that cannot be done; so do OSError and TimeoutError.
    """
    seconds = settings.connect_seconds
    if servers.kind == "cluster":
        await ask_for_owners(servers, [], connect_seconds=seconds)
        return
    dial: Dial = (
        SentinelDial(servers, settings, moved=lambda: None)
        if servers.kind == "sentinel"
        else ServerDial(servers.url, connect_seconds=seconds)
    )
    async with asyncio.timeout(seconds):
        connection = await dial.connect()
        await ask(connection, "PING")
    await connection.disconnect()
