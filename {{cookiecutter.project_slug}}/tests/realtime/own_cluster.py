"""A Redis Cluster for tests: three primaries on the loopback interface, slots that can be moved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from contextlib import suppress
from itertools import pairwise
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.realtime.redis.partitions import SLOTS
from app.settings import RedisSettings
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis

NODES = 3


class OwnCluster:
    """A running Cluster; the nodes are ``OwnRedis`` and can be killed and frozen."""

    def __init__(self, nodes: list[OwnRedis]) -> None:
        self.nodes = nodes

    @property
    def settings(self) -> RedisSettings:
        """What a service is told: one node is enough, the others are found."""
        url = f"redis+cluster://127.0.0.1:{self.nodes[0].port}"
        return RedisSettings.model_construct(url=url, connect_seconds=30.0)

    async def owner_of(self, slot: int) -> OwnRedis:
        """Returns the node that serves a slot now."""
        async with self.nodes[0].client() as client:
            for first, last, (_, port, *_), *_ in await tell(client, "CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    return next(node for node in self.nodes if node.port == port)
        raise LookupError(f"nobody serves slot {slot}")

    async def move_slot(self, slot: int, target: OwnRedis) -> None:
        """Moves a slot with its keys, as an operator's tool does."""
        source = await self.owner_of(slot)
        await self.begin_move(slot, target)
        await self.move_keys(slot, source, target)
        await self.finish_move(slot, target)

    async def move_keys(self, slot: int, source: OwnRedis, target: OwnRedis) -> None:
        """Moves the keys that a slot has now."""
        async with source.client() as here:
            while keys := await tell(here, "CLUSTER GETKEYSINSLOT", slot, 100):
                host = ("127.0.0.1", target.port)
                await tell(here, "MIGRATE", *host, "", 0, 5000, "KEYS", *keys)

    async def begin_move(self, slot: int, target: OwnRedis) -> None:
        """Lets source and target know that a slot is about to change over."""
        source = await self.owner_of(slot)
        async with source.client() as here, target.client() as there:
            await tell(there, "CLUSTER SETSLOT", slot, "IMPORTING", await node_id(here))
            await tell(here, "CLUSTER SETSLOT", slot, "MIGRATING", await node_id(there))

    async def finish_move(self, slot: int, target: OwnRedis) -> None:
        """Tells all nodes who serves the slot from now on, the new one first."""
        async with target.client() as there:
            target_id = await node_id(there)
        for node in sorted(self.nodes, key=lambda one: one is not target):
            async with node.client() as client:
                await tell(client, "CLUSTER SETSLOT", slot, "NODE", target_id)

    async def give_back(self, slot: int, owner: OwnRedis) -> None:
        """Gives an empty slot back to ``owner``, however far a move of it had come.

        To tell all nodes who serves it is not enough. Only a node that imports the slot gets a
        greater config epoch; without one, a ping that the last owner has sent before it was told
        wins it back, and from then on two nodes send everybody to each other.
        """
        for node in self.nodes:
            async with node.client() as client:
                await tell(client, "CLUSTER SETSLOT", slot, "STABLE")
        if await self.owner_of(slot) is not owner:
            await self.move_slot(slot, owner)

    async def flush(self) -> None:
        """Empties all nodes."""
        for node in self.nodes:
            async with node.client() as client:
                await client.flushall()


async def tell(client: Redis, *command: str | int | bytes) -> Any:
    """Sends a command that the driver has no name for."""
    return await client.execute_command(*command)  # type: ignore[no-untyped-call]


async def node_id(client: Redis) -> str:
    """Returns the name of a node within its Cluster."""
    return str((await tell(client, "CLUSTER MYID")).decode())


@asynccontextmanager
async def own_cluster(program: str) -> AsyncIterator[OwnCluster]:
    """Yields a Cluster that works, and ends it."""
    async with AsyncExitStack() as stack:
        nodes = []
        for _ in range(NODES):
            port, bus = free_port(), free_port()
            options = ["--cluster-enabled", "yes", "--cluster-port", str(bus)]
            node = stack.enter_context(own_redis(program, port=port, options=options))
            await node.start()
            nodes.append((node, bus))
        await _join(nodes)
        yield OwnCluster([node for node, _ in nodes])


async def _join(nodes: list[tuple[OwnRedis, int]]) -> None:
    """Gives every node its third of the slots and makes them known to each other."""
    first, _ = nodes[0]
    borders = [SLOTS * number // len(nodes) for number in range(len(nodes) + 1)]
    runs = list(pairwise(borders))
    for epoch, ((node, _), (begin, end)) in enumerate(zip(nodes, runs, strict=True), start=1):
        async with node.client() as client:
            await tell(client, "CLUSTER SET-CONFIG-EPOCH", epoch)
            await tell(client, "CLUSTER ADDSLOTSRANGE", begin, end - 1)
    async with first.client() as client:
        for node, bus in nodes[1:]:
            await tell(client, "CLUSTER MEET", "127.0.0.1", node.port, bus)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for node, _ in nodes:
            while not await _is_ready(node):  # noqa: ASYNC110 - the server tells no event
                await asyncio.sleep(0.05)


async def _is_ready(node: OwnRedis) -> bool:
    with suppress(RedisError):
        async with node.client() as client:
            info = await client.cluster("INFO")
            slots = await tell(client, "CLUSTER SLOTS")
            return info["cluster_state"] == "ok" and len(slots) == NODES
    return False
