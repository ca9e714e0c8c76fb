"""Finding the session of a token: in the cache, in PostgreSQL, in the cache when that is away."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from app.database import Database
from app.database import tried_twice
from app.errors import Unavailable
from app.identity.factor_duty import FactorDuty
from app.identity.sessions import store
from app.identity.sessions.cache import SessionCache
from app.identity.sessions.record import SessionRecord
from app.principal import SessionId
from app.settings import IdentitySettings

OUTAGE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts unused, and at all; its use is noted once in ``seen_every``."""

    idle: timedelta
    absolute: timedelta
    seen_every: timedelta

    @classmethod
    def of(cls, settings: IdentitySettings) -> "SessionLimits":
        """Returns the limits that the settings name."""
        return cls(
            idle=timedelta(days=settings.session_idle_days),
            absolute=timedelta(days=settings.session_days),
            seen_every=timedelta(seconds=settings.session_seen_seconds),
        )

    def end(self, now: datetime, *, begun_at: datetime) -> datetime:
        """Returns when a session ends that is in use ``now`` and never again."""
        return min(now + self.idle, begun_at + self.absolute)


class SessionLookup:
    """Answers which session a token's hash belongs to."""

    def __init__(
        self,
        database: Database,
        cache: SessionCache,
        *,
        limits: SessionLimits,
        duty: FactorDuty,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._cache = cache
        self._limits = limits
        self._duty = duty
        self._now = now
        self._monotonic = monotonic
        self._away_until = 0.0

    def at_hand(self, key: bytes) -> SessionRecord | None:
        """Returns the session if that needs no look elsewhere; None says nothing."""
        record = self._cache.fresh(key)
        return record if record is not None and record.expires_at > self._now() else None

    async def find(self, key: bytes) -> SessionRecord | None:
        """Returns the session, or None when there is none or it has ended.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here.
        """
        record = self._cache.fresh(key)
        if record is None:
            record = await self._read(key)
        return record if record and record.expires_at > self._now() else None

    async def find_by_id(self, session_id: SessionId) -> SessionRecord | None:
        """Returns the session, for those who know it by its id; the rest is like ``find``.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here.
        """
        key = self._cache.key_of(session_id)
        if key is None:
            async with self._database.reading() as session:
                key = await store.find_token_hash(session, session_id)
        return await self.find(key) if key is not None else None

    async def _read(self, key: bytes) -> SessionRecord | None:
        generation = self._cache.generation
        try:
            found = await self._find_row(key)
        except Unavailable:
            if known := self._cache.in_outage(key):
                return known
            raise
        if found is None:
            self._cache.drop(key)
            return None
        record = await self._touch(found)
        self._cache.put_unless_forgotten(key, record, generation=generation)
        return record

    async def _find_row(self, key: bytes) -> SessionRecord | None:
        # During an outage one request in a while pays for the attempt, and the others go on.
        if self._monotonic() < self._away_until:
            raise Unavailable("the database was away a moment ago")
        try:
            return await tried_twice(lambda: self._find_row_once(key))
        except Unavailable:
            self._away_until = self._monotonic() + OUTAGE_PAUSE_SECONDS
            raise

    async def _find_row_once(self, key: bytes) -> SessionRecord | None:
        async with self._database.reading() as session:
            return await store.find(session, key, now=self._now(), duty=self._duty)

    async def _touch(self, record: SessionRecord) -> SessionRecord:
        now = self._now()
        if now - record.last_seen_at < self._limits.seen_every:
            return record
        end = self._limits.end(now, begun_at=record.begun_at)
        try:
            async with self._database.transaction() as work:
                await store.touch(work.session, record.id, now=now, expires_at=end)
        except Unavailable:
            return record  # noted with a later request
        return replace(record, last_seen_at=now, expires_at=end)
