"""A primary that Sentinels watch over: asked for before every attempt, and from time to time."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.dialing import ask
from app.redis_url import Address
from app.redis_url import RedisServers
from app.redis_url import shown_address
from app.settings import RedisSettings

log = structlog.get_logger()

# During a failover the next attempt is to come soon after the Sentinels have decided.
PAUSE_CAP_SECONDS = 0.5
ASK_SECONDS = 0.5
WATCH_SECONDS = 5.0


class SentinelDial:
    """Connects to the primary of one service.

    All Sentinels are asked at once and the newest word counts: one that was cut off from the others
    may still name a primary that has been replaced. ``moved`` is called when the primary is another
    one than the connections lead to.
    """

    pause_cap_seconds = PAUSE_CAP_SECONDS

    def __init__(
        self, servers: RedisServers, settings: RedisSettings, *, moved: Callable[[], None]
    ) -> None:
        self.connect_seconds = settings.connect_seconds
        self._servers = servers
        self._moved = moved
        self._primary: Address | None = None
        login = (settings.sentinel_username, settings.sentinel_password)
        self._sentinels = [
            ServerDial(servers.sentinel_url(host, *login), connect_seconds=ASK_SECONDS)
            for host in servers.hosts
        ]

    async def connect(self) -> AbstractConnection:
        """Returns a connection to the primary, made."""
        primary = await self.find_primary()
        url = self._servers.url_of(primary)
        connection = await ServerDial(url, connect_seconds=self.connect_seconds).connect()
        try:
            role, *_ = await ask(connection, "ROLE")
            if role != b"master":
                raise RedisConnectionError(f"{shown_address(primary)} is not a primary yet")
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._primary = primary
        return connection

    async def find_primary(self) -> Address:
        """Returns the address of the primary, by the newest word of any Sentinel.

        Raises:
            RedisError: none of them answers, or none knows the service.
        """
        answers = await asyncio.gather(*(self._ask(one) for one in self._sentinels))
        known = [answer for answer in answers if answer is not None]
        if not known:
            raise RedisConnectionError(f"no Sentinel names a primary of {self._servers.service}")
        return max(known)[1]

    async def watch(self) -> None:
        """Notices a new primary although the connections to the old one still work."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                primary = await self.find_primary()
            except RedisError as failure:
                log.info("redis.sentinels_silent", reason=str(failure))
                continue
            if self._primary is not None and primary != self._primary:
                log.warning("redis.primary_moved", address=shown_address(primary))
                self._moved()

    async def _ask(self, sentinel: ServerDial) -> tuple[int, Address] | None:
        """Returns how new the answer of a Sentinel is, and the primary it names."""
        connection: AbstractConnection | None = None
        try:
            async with asyncio.timeout(ASK_SECONDS):
                connection = await sentinel.connect()
                facts = await ask(connection, "SENTINEL", "MASTER", self._servers.service)
        except (RedisError, OSError, TimeoutError):
            return None
        finally:
            if connection is not None:
                await connection.disconnect(nowait=True)
        told = dict(zip(facts[::2], facts[1::2], strict=True))
        address = told[b"ip"].decode(), int(told[b"port"])
        return int(told[b"config-epoch"]), address
