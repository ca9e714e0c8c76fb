"""One connection after the other: what a link makes of the ends."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from app.realtime.redis.contact import RedisContact
from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.link import RedisLink
from app.settings import Settings


async def greet(connection: AbstractConnection) -> None:
    await connection.send_command("PING")
    await connection.read_response()


async def test_a_fault_of_ours_is_not_taken_for_an_outage(settings: Settings, redis: Redis) -> None:
    states: list[bool] = []

    async def serve(_: AbstractConnection) -> None:
        raise LookupError("a fault")

    link = RedisLink(
        "test",
        ServerDial(settings.redis.url, connect_seconds=30.0),
        RedisContact("here", states.append),
        greet=greet,
        serve=serve,
        ended=lambda: None,
    )

    with pytest.raises(LookupError, match="a fault"):
        await link.run()
    assert states == []


async def test_what_is_not_in_use_cannot_be_dropped(settings: Settings) -> None:
    states: list[bool] = []
    link = RedisLink(
        "test",
        ServerDial(settings.redis.url, connect_seconds=30.0),
        RedisContact("here", states.append),
        greet=greet,
        serve=greet,
        ended=lambda: None,
    )

    link.drop("no reason")

    assert not link.is_away
    assert states == []


async def test_connections_that_end_at_once_are_not_made_in_a_hurry(
    settings: Settings, redis: Redis
) -> None:
    ends: list[float] = []
    loop = asyncio.get_running_loop()

    async def serve(_: AbstractConnection) -> None:
        return None

    link = RedisLink(
        "test",
        ServerDial(settings.redis.url, connect_seconds=30.0),
        RedisContact("here", lambda _: None),
        greet=greet,
        serve=serve,
        ended=lambda: ends.append(loop.time()),
    )
    running = asyncio.ensure_future(link.run())
    async with asyncio.timeout(60):
        while not ends:  # noqa: ASYNC110 - it is the second end that may not be at once
            await asyncio.sleep(0.002)
    await asyncio.sleep(0.5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert 1 <= len(ends) <= 25
