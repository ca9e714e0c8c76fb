"""``app check``: what would go wrong in production, one line each."""

import asyncio
import sys
from collections.abc import AsyncIterator
from collections.abc import Iterator

import click
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.commands.branches import migration_locations
from app.database import Database
from app.database.migrate import pending
from app.errors import Unavailable
from app.settings import Settings


@click.command()
def check() -> None:
    """Looks at settings, migrations and servers; exits with 1 when something is wrong.

    Settings that are unsafe in production count only when ENVIRONMENT is production; elsewhere
    they are listed as a reminder.
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
    if settings.log_level == "debug":
        yield "LOG_LEVEL is debug: logs may hold personal data"
    if settings.identity.password_min_characters < 8:
        yield "IDENTITY_PASSWORD_MIN_CHARACTERS is below 8"


async def _collect(settings: Settings) -> list[str]:
    return [line async for line in broken_parts(settings)]


async def broken_parts(settings: Settings) -> AsyncIterator[str]:
    """Yields one line for each server that is away, and for migrations that wait."""
    database = Database(settings.database)
    await database.open()
    try:
        await database.ping()
        waiting = await pending(settings, locations=migration_locations())
        if waiting:
            yield f"{len(waiting)} migrations are not applied: run `app migrate`"
    except Unavailable as error:
        yield error.detail
    finally:
        await database.close()
    if settings.realtime.backplane == "redis":
        async with Redis.from_url(settings.redis.url) as client:
            try:
                await client.ping()
            except RedisError as error:
                yield f"Redis does not answer at REDIS_URL: {error}"
