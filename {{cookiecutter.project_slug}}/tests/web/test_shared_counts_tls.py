"""Limits are counted over TLS, with an authority of one's own, wherever Redis is more than one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.commands.check import reach
from app.embedded import binaries
from app.errors import TooMany
from app.errors import Unavailable
from app.realtime.redis.partitions import SLOTS
from app.redis_url import redis_servers
from app.settings import RedisSettings
from app.web.limiter import Limiter
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.realtime.own_cluster import tell
from tests.realtime.own_redis import own_redis
from tests.realtime.own_sentinels import SERVICE
from tests.realtime.own_sentinels import end
from tests.realtime.own_sentinels import start_sentinel
from tests.servers import redis_client
from tests.tls_front import Front
from tests.tls_front import fronted

VALKEY = str(binaries.find_valkey())

Places = AbstractAsyncContextManager[tuple[str, list[Front]]]


@asynccontextmanager
async def cluster(context: ssl.SSLContext) -> AsyncIterator[tuple[str, list[Front]]]:
    """Yields the address of a Cluster of one node, which tells everybody where its front is."""
    port, bus, told = free_port(), free_port(), free_port()
    options = ["--cluster-enabled", "yes", "--cluster-port", str(bus)]
    options += ["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", str(told)]
    with own_redis(VALKEY, port=port, options=options) as node:
        await node.start()
        async with node.client() as client, asyncio.timeout(PATIENCE_SECONDS):
            await tell(client, "CLUSTER ADDSLOTSRANGE", 0, SLOTS - 1)
            while (await tell(client, "CLUSTER INFO"))["cluster_state"] != "ok":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        async with fronted(told, port, context) as front:
            yield f"rediss+cluster://localhost:{told}", [front]


@asynccontextmanager
async def sentinel(
    context: ssl.SSLContext, tmp_path: Path
) -> AsyncIterator[tuple[str, list[Front]]]:
    """Yields the address of a Sentinel whose primary is where a front is."""
    port, watching, told, asked = (free_port() for _ in range(4))
    async with AsyncExitStack() as stack:
        node = stack.enter_context(own_redis(VALKEY, port=port))
        await node.start()
        primary = await stack.enter_async_context(fronted(told, port, context))
        stack.callback(end, start_sentinel(VALKEY, tmp_path, watching, told))
        async with (
            redis_client(f"redis://127.0.0.1:{watching}") as client,
            asyncio.timeout(PATIENCE_SECONDS),
        ):
            while not await is_watching(client):  # noqa: ASYNC110 - it tells no event
                await asyncio.sleep(0.02)
        front = await stack.enter_async_context(fronted(asked, watching, context))
        yield f"rediss+sentinel://localhost:{asked}/{SERVICE}/0", [front, primary]


async def is_watching(client: Redis) -> bool:
    with suppress(RedisError, OSError):
        return bool(dict(await client.sentinel_master(SERVICE))["is_master"])  # type: ignore[arg-type]
    return False


# A Cluster that has just been made takes two seconds before it serves.
@pytest.mark.parametrize("kind", [pytest.param("cluster", marks=pytest.mark.slow), "sentinel"])
async def test_an_authority_of_one_s_own_is_trusted_and_no_other(kind: str, tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    places: dict[str, Callable[[], Places]] = {
        "cluster": lambda: cluster(context),
        "sentinel": lambda: sentinel(context, tmp_path),
    }
    async with places[kind]() as (url, fronts):
        secured, stranger = (
            RedisSettings.model_construct(url=one, connect_seconds=30.0, command_seconds=30.0)
            for one in (f"{url}?ssl_ca_certs={trusted}", url)
        )
        limiters = [Limiter(secured), Limiter(secured), Limiter(stranger)]
        one, other, third = limiters

        await one.spend("1/minute", "route", "caller", only_shared=True)
        with pytest.raises(TooMany):
            await other.spend("1/minute", "route", "caller", only_shared=True)
        with pytest.raises(Unavailable):
            await third.spend("1/minute", "route", "caller", only_shared=True)
        await reach(redis_servers(secured.url), secured)  # as the realtime core does

        for limiter in limiters:
            await limiter.close()
        assert all(front.encrypted for front in fronts)
