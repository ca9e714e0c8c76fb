"""Where limits are counted for all processes: one Redis, a Cluster, a primary with Sentinels."""

from typing import Any

from limits.aio.storage import RedisClusterStorage
from limits.aio.storage import RedisSentinelStorage
from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.redis_url import RedisServers
from app.redis_url import redis_servers
from app.redis_url import shown_address
from app.settings import RedisSettings

CONNECTIONS = 20
# What clients of a Cluster and of Sentinels are told otherwise, or find out.
WHERE = frozenset({"connection_class", "db", "host", "path", "port"})


class SharedCounts:
    """The storage and its connections.

    Nothing is tried twice: a request must not wait for Redis, there is a way without it.
    """

    def __init__(self, settings: RedisSettings) -> None:
        servers = redis_servers(settings.url)
        self._pool: BlockingConnectionPool | None = None
        common: dict[str, Any] = {  # typed as if only numbers and texts could be options
            "implementation": "redispy",
            "key_prefix": f"{settings.key_prefix}limit",
        }
        if servers.kind == "cluster":
            self.storage: RedisStorage = RedisClusterStorage(
                _uri(servers), **common, **_options(servers, settings)
            )
        elif servers.kind == "sentinel":
            self.storage = RedisSentinelStorage(
                f"{_uri(servers)}/{servers.service}",
                use_replicas=False,
                sentinel_kwargs=_sentinel_options(servers, settings),
                db=servers.database,
                **common,
                **_options(servers, settings),
            )
        else:
            self._pool = _pool(settings)
            pool: Any = self._pool
            self.storage = RedisStorage("async+redis://", connection_pool=pool, **common)

    async def close(self) -> None:
        """Closes the connections."""
        bridge: Any = self.storage.bridge
        clients = [bridge.get_connection()]
        if isinstance(self.storage, RedisSentinelStorage):
            clients += [bridge.storage_replica, *bridge.sentinel.sentinels]
        for client in clients:
            await client.aclose()
        if self._pool is not None:
            await self._pool.aclose()


def _uri(servers: RedisServers) -> str:
    hosts = ",".join(map(shown_address, servers.hosts))
    return f"async+redis+{servers.kind}://{hosts}"


def _options(servers: RedisServers, settings: RedisSettings) -> dict[str, Any]:
    return _told(servers.url_of(servers.hosts[0]), servers, settings)


def _sentinel_options(servers: RedisServers, settings: RedisSettings) -> dict[str, Any]:
    login = (settings.sentinel_username, settings.sentinel_password)
    return _told(servers.sentinel_url(servers.hosts[0], *login), servers, settings)


def _told(url: str, servers: RedisServers, settings: RedisSettings) -> dict[str, Any]:
    """Returns all that an address says but where it leads: login, authority, every other option.

    As redis-py reads it for the realtime core, so that the two never differ.
    """
    return {
        "socket_connect_timeout": settings.connect_seconds,
        "socket_timeout": settings.command_seconds,
        "retry": Retry(NoBackoff(), retries=0),
        **{name: value for name, value in parse_url(url).items() if name not in WHERE},
        **({"ssl": True} if servers.has_tls else {}),
    }


def _pool(settings: RedisSettings) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        settings.url,
        max_connections=CONNECTIONS,
        timeout=settings.command_seconds,
        socket_connect_timeout=settings.connect_seconds,
        socket_timeout=settings.command_seconds,
        retry=Retry(NoBackoff(), retries=0),
    )
