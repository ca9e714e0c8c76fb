"""Which node of a Cluster serves which slot."""

import random
from collections.abc import Iterable
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.dialing import ask
from app.realtime.redis.link import FAILURES
from app.redis_url import Address
from app.redis_url import RedisServers


async def ask_for_owners(
    servers: RedisServers, known: Iterable[Address], *, connect_seconds: float
) -> list[tuple[int, int, Address]]:
    """Returns the runs of slots, first and last, and their primaries, as some node tells.

    Nodes that are known to work come first, then those of the address, each in any order.

    Raises:
        RedisError: no node answers.
    """
    candidates = [*_shuffled(known), *_shuffled(servers.hosts)]
    reason: BaseException | None = None
    for address in dict.fromkeys(candidates):
        dial = ServerDial(servers.url_of(address), connect_seconds=connect_seconds)
        try:
            return await _ask_one(dial, address)
        except FAILURES as failure:
            reason = failure
    raise RedisConnectionError(f"no node of the Cluster answers: {reason}")


def owner_in(runs: Iterable[tuple[int, int, Address]], slot: int) -> Address | None:
    """Returns who serves ``slot``, if anybody does."""
    return next((address for first, last, address in runs if first <= slot <= last), None)


async def _ask_one(dial: ServerDial, address: Address) -> list[tuple[int, int, Address]]:
    connection: AbstractConnection | None = None
    try:
        connection = await dial.connect()
        runs: list[Any] = await ask(connection, "CLUSTER", "SLOTS")
    finally:
        if connection is not None:
            await connection.disconnect(nowait=True)
    # A node that does not know its own name yet leaves it out: it is the one that was asked.
    return [
        (first, last, ((primary[0] or b"").decode() or address[0], primary[1]))
        for first, last, primary, *_ in runs
    ]


def _shuffled(addresses: Iterable[Address]) -> list[Address]:
    return random.sample(found := list(addresses), len(found))
