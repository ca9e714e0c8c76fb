"""Server-side sessions: begun at sign-in, found by a token, ended by their owner or by time."""

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from datetime import datetime

import structlog
from pydantic import JsonValue

from app.database import Database
from app.database import UnitOfWork
from app.errors import NotFound
from app.errors import Unavailable
from app.identity import audit
from app.identity import session_store
from app.identity.announcing import OnRevoke
from app.identity.announcing import nothing_to_end
from app.identity.factor_duty import NO_DUTY
from app.identity.factor_duty import FactorDuty
from app.identity.session_cache import SessionCache
from app.identity.session_lookup import SessionLimits
from app.identity.session_lookup import SessionLookup
from app.identity.session_proof import SessionProofs
from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionSummary
from app.identity.session_record import SessionToken
from app.identity.session_record import new_token
from app.identity.session_record import token_hash
from app.identity.users import User
from app.principal import SYSTEM
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.settings import IdentitySettings

log = structlog.get_logger()


class Sessions:
    """The sessions of all processes, through a cache of this one."""

    def __init__(
        self,
        settings: IdentitySettings,
        database: Database,
        *,
        duty: FactorDuty = NO_DUTY,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = SessionLimits.of(settings)
        self._database = database
        self._duty = duty
        self._now = now
        self.cache = SessionCache(
            settings.session_cache_entries,
            fresh_seconds=settings.session_cache_seconds,
            outage_seconds=settings.session_outage_seconds,
            monotonic=monotonic,
        )
        self._lookup = SessionLookup(
            database, self.cache, limits=self._limits, duty=duty, now=now, monotonic=monotonic
        )
        self.on_revoke: OnRevoke = nothing_to_end
        self.proofs = SessionProofs(database, self.cache, settings.recent_seconds, now=now)

    async def begin(
        self,
        user: User | None,
        device: str,
        *,
        replacing: SessionId | None = None,
        data: Mapping[str, JsonValue] | None = None,
        factor_provider: str | None = None,
    ) -> SessionToken:
        """Begins a session and returns the only copy of its token.

        The session that the browser came with ends, so that a token planted there beforehand is
        worth nothing; what a visitor's held moves along. ``factor_provider`` saw a second factor.

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
                duty=self._duty,
                factor_provider=factor_provider,
            )
            if user is not None:
                details: dict[str, JsonValue] = {"session_id": str(record.id), "device": device}
                details |= {"second_factor": factor_provider} if factor_provider else {}
                await audit.record(work, "sign_in.succeeded", who=record.principal, details=details)
        if replacing:
            await self.announce_end([replacing])
        self.cache.put(token_hash(token), record)
        return token

    def at_hand(self, token: SessionToken) -> SessionRecord | None:
        """Returns the session of a token if this process has just seen it; None says nothing."""
        return self._lookup.at_hand(token_hash(token))

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

    async def list(self, who: Principal) -> Sequence[SessionSummary]:
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

    async def delete_expired(self) -> None:
        """Removes the rows of sessions that have run out; for a schedule to call."""
        async with self._database.transaction() as work:
            await session_store.remove_expired(work.session, now=self._now())

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
            self.cache.forget(session_id)
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
    ended = await session_store.remove(work.session, owner, only=only, keep=keep)
    for session_id in ended:
        details: dict[str, JsonValue] = {"session_id": str(session_id)}
        await audit.record(work, event, who=who, subject=owner, details=details)
    return ended
