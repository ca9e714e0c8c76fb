"""One connection to Redis that is made again whenever it ends.

redis-py's own clients reconnect and re-subscribe silently, so a caller cannot know that something
was lost meanwhile. Here redis-py opens the connection and parses replies; when a connection begins
and ends is decided, and known, by us.
"""

import asyncio
import random
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Coroutine

from redis.asyncio.connection import AbstractConnection
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError

from app.realtime.redis.contact import RedisContact
from app.settings import RedisSettings

BACKOFF_FIRST_SECONDS = 0.2
BACKOFF_CAP_SECONDS = 5.0
STEADY_SECONDS = 1.0

FAILURES = (RedisError, OSError, TimeoutError)

Use = Callable[[AbstractConnection], Awaitable[None]]


def pause_seconds(failures: int) -> float:
    """Returns how long to wait after so many failures in a row: not at all, then full jitter."""
    if failures == 0:
        return 0.0
    cap = min(BACKOFF_CAP_SECONDS, BACKOFF_FIRST_SECONDS * 2.0 ** min(failures, 16))
    return random.uniform(0.0, cap)  # noqa: S311 - spreads processes, hides nothing


async def until_one_ends(*parts: Coroutine[None, None, None]) -> None:
    """Runs ``parts`` side by side until the first one ends, and raises what ended it."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class RedisLink:
    """Uses one connection after the other.

    ``greet`` makes a connection fit for use within ``connect_seconds``; ``serve`` uses it until it
    fails; ``ended`` is called after every connection, and after every one that could not be made.
    """

    def __init__(
        self,
        name: str,
        settings: RedisSettings,
        contact: RedisContact,
        *,
        greet: Use,
        serve: Use,
        ended: Callable[[], None],
    ) -> None:
        self.name = name
        self._contact = contact
        self._connect_seconds = settings.connect_seconds
        self._greet = greet
        self._serve = serve
        self._ended = ended
        # A time-out on reading would end a quiet subscription: deadlines are kept by the callers.
        self._pool = ConnectionPool.from_url(
            settings.url or "redis://localhost:6379/0",
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=settings.connect_seconds,
            driver_info=None,
        )
        self._serving: asyncio.Future[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether the last attempt failed, so that waiting for this link is in vain for now."""
        return self._contact.is_lost(self.name)

    def drop(self, reason: str) -> None:
        """Gives up the connection, because it is open and of no use."""
        if self._serving is not None:
            self._contact.lost(self.name, reason)
            self._serving.cancel()

    async def run(self) -> None:
        """Keeps a connection until cancelled."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            connection = self._new_connection()
            try:
                async with asyncio.timeout(self._connect_seconds):
                    await connection.connect()  # type: ignore[no-untyped-call]
                    await self._greet(connection)
                self._contact.made(self.name)
                began = loop.time()
                await self._use(connection)
                failures = 0 if loop.time() - began >= STEADY_SECONDS else failures + 1
            except FAILURES as failure:
                failures += 1
                self._contact.lost(self.name, self._reason(failure))
            finally:
                await connection.disconnect(nowait=True)
                self._contact.broken(self.name)
                self._ended()
            await asyncio.sleep(pause_seconds(failures))

    def _new_connection(self) -> AbstractConnection:
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return connection

    async def _use(self, connection: AbstractConnection) -> None:
        """Serves until the connection fails, as is expected; any other end is a fault of ours."""
        self._serving = asyncio.ensure_future(self._serve(connection))
        try:
            await asyncio.wait([self._serving])
        finally:
            self._serving.cancel()
            (ending,) = await asyncio.gather(self._serving, return_exceptions=True)
            self._serving = None
        if not isinstance(ending, (*FAILURES, asyncio.CancelledError)) and ending is not None:
            raise ending

    def _reason(self, failure: BaseException) -> str:
        return str(failure) or f"no answer within {self._connect_seconds:g} s"
