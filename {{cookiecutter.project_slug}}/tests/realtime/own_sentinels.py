"""A primary, a replica and three Sentinels on the loopback interface."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis.exceptions import RedisError

from app.settings import RedisSettings
from tests.ports import free_port
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis
from tests.servers import redis_client

SERVICE = "main"
SENTINELS = 3
QUORUM = 2
DOWN_AFTER_MS = 2_000
WAIT_SECONDS = 300.0  # a clock that jumps has Sentinels do nothing for half a minute (TILT)


class OwnSentinels:
    """What is running; roles change with every failover."""

    def __init__(self, servers: tuple[OwnRedis, OwnRedis], ports: list[int]) -> None:
        self.servers = servers
        self.ports = ports

    async def primary(self) -> OwnRedis:
        """Returns the primary, once all Sentinels agree and it has a replica."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                facts = [await self.facts(port) for port in self.ports]
                named = {one["port"] for one in facts}
                server = next(one for one in self.servers if one.port in named)
                async with server.client() as client:
                    told = await client.info("replication")
                if len(named) == 1 and told["role"] == "master" and told["connected_slaves"]:
                    return server
                await asyncio.sleep(0.05)

    @property
    def settings(self) -> RedisSettings:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        url = f"redis+sentinel://{hosts}/{SERVICE}/0"
        return RedisSettings.model_construct(url=url, connect_seconds=30.0)

    async def fail_over(self) -> None:
        """Has the Sentinels promote the replica although the primary is well."""
        async with redis_client(f"redis://127.0.0.1:{self.ports[0]}") as client:
            await client.execute_command("SENTINEL", "FAILOVER", SERVICE)  # type: ignore[no-untyped-call]

    async def facts(self, port: int) -> dict[str, Any]:
        """Returns what one Sentinel knows about the service."""
        async with redis_client(f"redis://127.0.0.1:{port}", decode_responses=True) as client:
            return dict(await client.sentinel_master(SERVICE))  # type: ignore[arg-type]


@asynccontextmanager
async def own_sentinels(program: str) -> AsyncIterator[OwnSentinels]:
    """Yields all of them once they know each other, and ends them."""
    async with AsyncExitStack() as stack:
        primary, replica = (
            stack.enter_context(own_redis(program, port=free_port())) for _ in range(2)
        )
        await primary.start()
        await replica.start()
        async with replica.client() as client:
            await client.replicaof("127.0.0.1", primary.port)
            async with asyncio.timeout(WAIT_SECONDS):
                # A Sentinel looks for replicas when it starts, and then every ten seconds only.
                while (await client.info("replication"))["master_link_status"] != "up":  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sentinels")))
        ports = [free_port() for _ in range(SENTINELS)]
        for port in ports:
            stack.callback(end, start_sentinel(program, folder, port, primary.port))
        made = OwnSentinels((primary, replica), ports)
        async with asyncio.timeout(WAIT_SECONDS):
            for port in ports:
                while not await _is_ready(made, port):  # noqa: ASYNC110 - it tells no event
                    await asyncio.sleep(0.05)
        yield made


def start_sentinel(program: str, folder: Path, port: int, primary: int) -> subprocess.Popen[bytes]:
    """Starts a Sentinel that watches over the primary on a port."""
    configuration = folder / f"{port}.conf"
    configuration.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary} {QUORUM}\n"
        f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}\n"
        f"sentinel failover-timeout {SERVICE} 5000\n"
    )
    return subprocess.Popen([program, str(configuration), "--sentinel"], stdout=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a Sentinel."""
    process.kill()
    process.wait()


async def _is_ready(made: OwnSentinels, port: int) -> bool:
    with suppress(RedisError, OSError):
        facts = await made.facts(port)
        others = int(facts["num-other-sentinels"])
        return int(facts["num-slaves"]) == 1 and others == SENTINELS - 1
    return False
