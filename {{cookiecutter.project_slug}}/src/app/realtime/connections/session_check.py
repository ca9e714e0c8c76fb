"""Looking again at the credentials of those who are connected: a session may have ended."""

import asyncio
from collections.abc import Callable
from itertools import islice

import structlog

from app.errors import Unavailable
from app.principal import Principal
from app.realtime.connections.connection import Connection
from app.realtime.credentials import Authenticate
from app.realtime.protocol.close_codes import CloseCode

log = structlog.get_logger()

AT_ONCE = 16
# What vouches for machines asks for all of a moment with one statement: a fleet whose owner is shut
# out would wait for as many round trips as there are rounds.
MACHINES_AT_ONCE = 256


class SessionCheck:
    """A second look at sessions, a few at a time, and at machines, many at a time.

    What cannot be told for now changes nothing: nobody is signed out by an outage.
    """

    def __init__(self, authenticate: Authenticate, *, clock: Callable[[], float]) -> None:
        self._authenticate = authenticate
        self._clock = clock
        self._due: dict[str, Connection] = {}
        self._machines_due: dict[str, Connection] = {}
        self._awake = asyncio.Event()

    def look_at(self, *connections: Connection) -> None:
        """Asks for a second look at ``connections``, soon."""
        for one in connections:
            due = self._machines_due if one.principal.machine_id else self._due
            due[one.id] = one
        self._awake.set()

    async def run(self) -> None:
        """Looks at whatever is due, for ever."""
        while True:
            await self._awake.wait()
            self._awake.clear()
            await self.look_at_all()

    async def look_at_all(self) -> None:
        """Looks at everything that is due now."""
        while self._due or self._machines_due:
            some = _taken(self._due, AT_ONCE) + _taken(self._machines_due, MACHINES_AT_ONCE)
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
        if not _is_same(vouched.principal, connection.principal):
            connection.close(CloseCode.UNAUTHENTICATED, "session ended")
        else:
            connection.vouch(vouched, asked, now=self._clock())


def _taken(due: dict[str, Connection], most: int) -> list[Connection]:
    return [due.pop(name) for name in list(islice(due, most))]


def _is_same(one: Principal, other: Principal) -> bool:
    # Of nobody all ids are None, as each of them is of somebody; who has to set up a second factor
    # has an id, and is not let in.
    if not one.is_known:
        return False
    ids = (one.user_id, one.machine_id, one.token_id)
    return ids == (other.user_id, other.machine_id, other.token_id)
