"""Server-side sessions: begun at sign-in, found by a token, and what they hold."""

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from datetime import datetime

from pydantic import JsonValue

from app.database import Database
from app.identity import audit
from app.identity.factor_duty import NO_DUTY
from app.identity.factor_duty import FactorDuty
from app.identity.sessions import store
from app.identity.sessions.cache import SessionCache
from app.identity.sessions.endings import SessionEndings
from app.identity.sessions.lookup import SessionLimits
from app.identity.sessions.lookup import SessionLookup
from app.identity.sessions.proof import SessionProofs
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import SessionSummary
from app.identity.sessions.record import SessionToken
from app.identity.sessions.record import new_token
from app.identity.sessions.record import token_hash
from app.identity.users import User
from app.identity.users import hold_open
from app.principal import Principal
from app.principal import SessionId
from app.settings import IdentitySettings


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
        self.endings = SessionEndings(database, self.cache)
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
            Unauthenticated: the account was deleted or shut out, or its password changed, since
                ``user`` was looked up.
            Unavailable: PostgreSQL is away.
        """
        token, now = new_token(), self._now()
        async with self._database.transaction() as work:
            if user is not None:
                await hold_open(work, user)
            kept = replacing and await store.take_visitor_data(work.session, replacing)
            record = await store.add(
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
            await self.endings.announce_end([replacing])
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
            data = await store.merge_data(work.session, record.id, changed=changed, removed=removed)
        if data is not None:
            self.cache.replace(replace(record, data=data))

    async def list(self, who: Principal) -> Sequence[SessionSummary]:
        """Returns the caller's sessions, those used last first.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            return await store.summaries(
                session, who.own_id, current=who.session_id, now=self._now()
            )

    async def delete_expired(self) -> None:
        """Removes the rows of sessions that have run out; for a schedule to call."""
        async with self._database.transaction() as work:
            await store.remove_expired(work.session, now=self._now())
