"""Server-side sessions: begun at sign-in, found by a token, ended by their owner or by time."""

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from typing import Protocol

import structlog
from pydantic import JsonValue

from app.database import Database
from app.errors import NotFound
from app.errors import Unavailable
from app.identity import session_store
from app.identity.session_cache import SessionCache
from app.identity.session_lookup import SessionLimits
from app.identity.session_lookup import SessionLookup
from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionSummary
from app.identity.session_record import SessionToken
from app.identity.session_record import new_token
from app.identity.session_record import token_hash
from app.identity.users import User
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.settings import IdentitySettings

log = structlog.get_logger()


class OnRevoke(Protocol):
    """Told of ended sessions, to end what lives on them: sockets and streams, in every process."""

    async def __call__(
        self, *, user: UserId | None = None, session: SessionId | None = None
    ) -> None:
        """Ends what belongs to the session, or to all sessions of the user."""
        ...


async def _nothing_to_end(
    *, user: UserId | None = None, session: SessionId | None = None
) -> None: ...


class Sessions:
    """The sessions of all processes, through a cache of this one."""

    def __init__(
        self,
        settings: IdentitySettings,
        database: Database,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = SessionLimits.of(settings)
        self._database = database
        self._now = now
        self.cache = SessionCache(
            settings.session_cache_entries,
            fresh_seconds=settings.session_cache_seconds,
            outage_seconds=settings.session_outage_seconds,
            monotonic=monotonic,
        )
        self._lookup = SessionLookup(
            database, self.cache, limits=self._limits, now=now, monotonic=monotonic
        )
        self.on_revoke: OnRevoke = _nothing_to_end

    async def begin(
        self,
        user: User | None,
        device: str,
        *,
        replacing: SessionId | None = None,
        data: Mapping[str, JsonValue] | None = None,
    ) -> SessionToken:
        """Begins a session and returns the only copy of its token.

        The session that the browser came with ends, so that a token planted there beforehand is
        worth nothing. What a visitor's session held moves along.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        token, now = new_token(), self._now()
        async with self._database.transaction() as work:
            kept = replacing and await session_store.take_visitor_data(work.session, replacing)
            record = await session_store.add(
                work.session,
                user,
                token_hash=token_hash(token),
                device=device,
                data={**(kept or {}), **(data or {})},
                now=now,
                expires_at=self._limits.end(now, begun_at=now),
            )
        if replacing:
            await self._announce_end([replacing])
        self.cache.put(token_hash(token), record)
        return token

    async def find(self, token: SessionToken) -> SessionRecord | None:
        """Returns the session of a token, or None when there is none or it has ended.

        While PostgreSQL is away, a session that this process knows stays good.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here.
        """
        return await self._lookup.find(token_hash(token))

    async def find_by_id(self, session_id: SessionId) -> SessionRecord | None:
        """Returns a session by its id: one that a ticket stands for, or that is looked at again.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here.
        """
        return await self._lookup.find_by_id(session_id)

    async def store_data(
        self,
        record: SessionRecord,
        *,
        changed: Mapping[str, JsonValue],
        removed: Sequence[str],
    ) -> None:
        """Changes some keys of what the session holds; of an ended session, nothing.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.transaction() as work:
            data = await session_store.merge_data(
                work.session, record.id, changed=changed, removed=removed
            )
        if data is not None:
            self.cache.replace(replace(record, data=data))

    async def list(self, who: Principal) -> list[SessionSummary]:
        """Returns the caller's sessions, those used last first.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            return await session_store.summaries(
                session, who.own_id, current=who.session_id, now=self._now()
            )

    async def end(self, who: Principal) -> None:
        """Ends the session that the caller came with, here at once and elsewhere within seconds.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        await self._remove(who.own_id, only=who.session_id)

    async def revoke(self, who: Principal, session_id: SessionId) -> None:
        """Ends one of the caller's sessions.

        Raises:
            NotFound: the caller has no such session.
            Unavailable: PostgreSQL is away.
        """
        if not await self._remove(who.own_id, only=session_id):
            raise NotFound("there is no such session")

    async def revoke_others(self, who: Principal) -> int:
        """Ends all sessions of the caller but the one in use, and returns how many.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        return len(await self._remove(who.own_id, keep=who.session_id))

    async def revoke_all(self, user_id: UserId) -> None:
        """Ends all sessions of a person: after a new password, say.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        await self._remove(user_id)

    async def delete_expired(self) -> None:
        """Removes the rows of sessions that have run out; for a schedule to call."""
        async with self._database.transaction() as work:
            await session_store.remove_expired(work.session, now=self._now())

    async def _remove(
        self,
        owner: UserId,
        *,
        only: SessionId | None = None,
        keep: SessionId | None = None,
    ) -> Sequence[SessionId]:
        async with self._database.transaction() as work:
            ended = await session_store.remove(work.session, owner, only=only, keep=keep)
        await self._announce_end(ended)
        return ended

    async def _announce_end(self, ended: Sequence[SessionId]) -> None:
        for session_id in ended:
            self.cache.forget(session_id)
        for session_id in ended:
            try:
                await self.on_revoke(session=session_id)
            except Unavailable as error:
                # The session is over all the same; its sockets end when they are next checked.
                log.warning("session_end_not_announced", reason=error.detail)
