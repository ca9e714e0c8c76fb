"""How sessions end: by their owner, or by another's will, here at once and elsewhere in seconds."""

from collections.abc import Sequence

import structlog
from pydantic import JsonValue

from app.database import Database
from app.database import UnitOfWork
from app.errors import NotFound
from app.errors import Unavailable
from app.identity import audit
from app.identity.sessions import store
from app.identity.sessions.announcing import OnRevoke
from app.identity.sessions.announcing import nothing_to_end
from app.identity.sessions.cache import SessionCache
from app.principal import SYSTEM
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId

log = structlog.get_logger()


class SessionEndings:
    """Ends sessions, and has every process know."""

    def __init__(self, database: Database, cache: SessionCache) -> None:
        self._database = database
        self._cache = cache
        self.on_revoke: OnRevoke = nothing_to_end

    async def end(self, who: Principal) -> None:
        """Ends the session that the caller came with, here at once and elsewhere within seconds.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        await self._remove(who, who.own_id, only=who.session_id, event="sign_out")

    async def revoke(self, who: Principal, session_id: SessionId) -> None:
        """Ends one of the caller's sessions.

        Raises:
            NotFound: the caller has no such session.
            Unavailable: PostgreSQL is away.
        """
        if not await self._remove(who, who.own_id, only=session_id):
            raise NotFound("there is no such session")

    async def revoke_others(self, who: Principal) -> int:
        """Ends all sessions of the caller but the one in use, and returns how many.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        return len(await self._remove(who, who.own_id, keep=who.session_id))

    async def end_others(self, work: UnitOfWork, who: Principal) -> Sequence[SessionId]:
        """Ends all sessions of the caller but the one in use, with what the transaction changes.

        Returns those, for `announce_end` once it is committed.
        """
        return await _ended(work, who, who.own_id, keep=who.session_id)

    async def revoke_all(
        self, user_id: UserId, *, by: Principal = SYSTEM, only: SessionId | None = None
    ) -> int:
        """Ends all sessions of a person, or one, by another's will; returns how many they were.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        return len(await self._remove(by, user_id, only=only))

    async def _remove(
        self,
        who: Principal,
        owner: UserId,
        *,
        only: SessionId | None = None,
        keep: SessionId | None = None,
        event: str = "session.revoked",
    ) -> Sequence[SessionId]:
        async with self._database.transaction() as work:
            ended = await _ended(work, who, owner, only=only, keep=keep, event=event)
        await self.announce_end(ended)
        return ended

    async def announce_end(self, ended: Sequence[SessionId]) -> None:
        """Has every process forget sessions whose rows are gone, and close their sockets."""
        for session_id in ended:
            self._cache.forget(session_id)
        for session_id in ended:
            try:
                await self.on_revoke(session=session_id)
            except Unavailable as error:
                # The session is over all the same; its sockets end when they are next checked.
                log.warning("session_end_not_announced", reason=error.detail)


async def _ended(
    work: UnitOfWork,
    who: Principal,
    owner: UserId,
    *,
    only: SessionId | None = None,
    keep: SessionId | None = None,
    event: str = "session.revoked",
) -> Sequence[SessionId]:
    ended = await store.remove(work.session, owner, only=only, keep=keep)
    for session_id in ended:
        details: dict[str, JsonValue] = {"session_id": str(session_id)}
        await audit.record(work, event, who=who, subject=owner, details=details)
    return ended
