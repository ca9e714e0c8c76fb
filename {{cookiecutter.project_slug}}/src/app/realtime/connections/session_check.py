"""Looking again at the credentials of those who are connected: a session may have ended."""

import asyncio
from collections.abc import Callable

import structlog

from app.errors import Unavailable
from app.realtime.connections.connection import Connection
from app.realtime.credentials import Authenticate
from app.realtime.protocol.close_codes import CloseCode

log = structlog.get_logger()

AT_ONCE = 16


class SessionCheck:
    """A second look at sessions, a few at a time.

    What cannot be told for now changes nothing: nobody is signed out by an outage.
    """

    def __init__(self, authenticate: Authenticate, *, clock: Callable[[], float]) -> None:
        self._authenticate = authenticate
        self._clock = clock
        self._due: dict[str, Connection] = {}
        self._awake = asyncio.Event()

    def look_at(self, connection: Connection) -> None:
        """Asks for a second look at ``connection``, soon."""
        self._due[connection.id] = connection
        self._awake.set()

    async def run(self) -> None:
        """Looks at whatever is due, for ever."""
        while True:
            await self._awake.wait()
            self._awake.clear()
            await self.look_at_all()

    async def look_at_all(self) -> None:
        """Looks at everything that is due now."""
        while self._due:
            some = [self._due.pop(name) for name in list(self._due)[:AT_ONCE]]
            async with asyncio.TaskGroup() as group:
                for connection in some:
                    group.create_task(self._look(connection), name="session check")

    async def _look(self, connection: Connection) -> None:
        asked = connection.credential
        try:
            vouched = await self._authenticate(asked)
        except Unavailable as failure:
            log.info("realtime.session_check_skipped", detail=failure.detail)
            return
        except Exception:
            log.exception("realtime.session_check_failed")
            return
        if connection.credential is not asked:
            return  # a refresh has put another one in its place meanwhile
        if vouched.principal.user_id != connection.principal.user_id:
            connection.close(CloseCode.UNAUTHENTICATED, "session ended")
        else:
            connection.vouch(vouched, asked, now=self._clock())
