"""``app check``: what would go wrong in production, one line each."""

import asyncio
import sys
from collections.abc import AsyncIterator

import click
from redis.exceptions import RedisError

from app.commands.application import application
from app.database.branches import migration_locations
from app.database.migrate import pending
from app.deployment import PLATFORM
from app.deployment import Checks
from app.deployment import Finding
from app.errors import Unavailable
from app.realtime.redis.dialing import Dial
from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.dialing import ask
from app.realtime.redis.sentinel import SentinelDial
from app.realtime.redis.topology import ask_for_owners
from app.redis_url import RedisServers
from app.redis_url import redis_servers
from app.resources import resources_of
from app.settings import RedisSettings
from app.settings import Settings


@click.command()
@click.option("--deploy", is_flag=True, help="Judge the settings as production would.")
def check(*, deploy: bool) -> None:
    """Looks at settings, migrations and servers.

    Prints one line for each thing that is wrong, with its remedy, and exits with 1 when production
    would not start, when a server is away or when a migration waits. Elsewhere than in production
    what is wrong with the settings is only a reminder, unless --deploy asks for it.
    """
    settings = Settings()
    counts = deploy or settings.environment == "production"
    found = findings(settings)
    for finding in found:
        click.echo(f"{finding.check.severity if counts else 'in production'}: {finding}")
    broken = asyncio.run(_collect(settings))
    for line in broken:
        click.echo(line)
    if broken or (counts and any(one.check.severity == "dangerous" for one in found)):
        sys.exit(1)
    click.echo("nothing is in the way")


def findings(settings: Settings) -> list[Finding]:
    """Returns what the checks of the platform and, where they can be had, of the features find."""
    try:
        checks = resources_of(application(settings)).checks
    except click.ClickException:
        checks = Checks(PLATFORM)  # what is missing, `broken_parts` says
    return checks.findings(settings)


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
        yield "REDIS_URL is not set"
        return
    try:
        servers = redis_servers(settings.url)
    except ValueError as error:
        yield str(error)
        return
    try:
        await reach(servers, settings)
    except (RedisError, OSError, TimeoutError) as error:
        yield f"Redis at {servers.shown} is away: {error}"


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
