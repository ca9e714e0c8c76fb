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
from redis.exceptions import RedisError

from app.realtime.redis.contact import RedisContact
from app.realtime.redis.dialing import PAUSE_CAP_SECONDS
from app.realtime.redis.dialing import Dial

BACKOFF_FIRST_SECONDS = 0.2
STEADY_SECONDS = 1.0

FAILURES = (RedisError, OSError, TimeoutError)

Use = Callable[[AbstractConnection], Awaitable[None]]


def pause_seconds(failures: int, cap_seconds: float = PAUSE_CAP_SECONDS) -> float:
    """Returns how long to wait after so many failures in a row: not at all, then full jitter."""
    if failures == 0:
        return 0.0
    cap = min(cap_seconds, BACKOFF_FIRST_SECONDS * 2.0 ** min(failures, 16))
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
        dial: Dial,
        contact: RedisContact,
        *,
        greet: Use,
        serve: Use,
        ended: Callable[[], None],
    ) -> None:
        self.name = name
        self._contact = contact
        self._dial = dial
        self._greet = greet
        self._serve = serve
        self._ended = ended
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
            began = loop.time()
            try:
                await self._once()
                failures = 0 if loop.time() - began >= STEADY_SECONDS else failures + 1
            except FAILURES as failure:
                failures += 1
                self._contact.lost(self.name, self._reason(failure))
            finally:
                self._contact.broken(self.name)
                self._ended()
            await asyncio.sleep(pause_seconds(failures, self._dial.pause_cap_seconds))

    async def _once(self) -> None:
        """Makes a connection, uses it until it fails, and ends it."""
        connection: AbstractConnection | None = None
        try:
            async with asyncio.timeout(self._dial.connect_seconds):
                connection = await self._dial.connect()
                await self._greet(connection)
            self._contact.made(self.name)
            await self._use(connection)
        finally:
            if connection is not None:
                await connection.disconnect(nowait=True)

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
        return str(failure) or f"no answer within {self._dial.connect_seconds:g} s"
