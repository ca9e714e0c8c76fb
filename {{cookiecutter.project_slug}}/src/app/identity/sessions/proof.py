"""When the person behind a session last proved who they are, and what a new proof brings."""

from collections.abc import Callable
from datetime import datetime
from datetime import timedelta

import structlog

from app.database import Database
from app.errors import Unauthenticated
from app.errors import Unavailable
from app.identity import audit
from app.identity.sessions import store
from app.identity.sessions.announcing import OnRenew
from app.identity.sessions.announcing import nobody_to_tell
from app.identity.sessions.cache import SessionCache
from app.identity.sessions.record import SessionToken
from app.identity.sessions.record import new_token
from app.identity.sessions.record import token_hash
from app.principal import Principal

log = structlog.get_logger()


class SessionProofs:
    """Judges how fresh a proof is, and notes a new one."""

    def __init__(
        self,
        database: Database,
        cache: SessionCache,
        recent_seconds: float,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._cache = cache
        self._recent = timedelta(seconds=recent_seconds)
        self._now = now
        self.on_renew: OnRenew = nobody_to_tell

    def is_recent(self, who: Principal) -> bool:
        """Tells whether the caller proved who they are a short while ago."""
        proven = who.authenticated_at
        return proven is not None and self._now() - proven <= self._recent

    async def renew(self, who: Principal) -> SessionToken:
        """Returns a new token for the caller's session, who has just proved again who they are.

        The old token is worth nothing from now on: whoever had copied it has no part in the proof.
        The session, its data and what lives on it go on.

        Raises:
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        return await self._replace(who, is_proven=True)

    async def rotate(self, who: Principal) -> SessionToken:
        """Returns a new token for the caller's session, whose last proof stays as old as it was.

        Raises:
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        return await self._replace(who, is_proven=False)

    async def _replace(self, who: Principal, *, is_proven: bool) -> SessionToken:
        token, session_id, now = new_token(), who.session_id, self._now()
        if session_id is None:
            raise Unauthenticated("no session vouches for the caller")
        async with self._database.transaction() as work:
            if not await store.renew(
                work.session,
                session_id,
                token_hash=token_hash(token),
                proven_at=now if is_proven else who.authenticated_at,
                now=now,
            ):
                raise Unauthenticated("the session has ended")
            if is_proven:
                await audit.record(work, "sign_in.confirmed", who=who)
        self._cache.forget(session_id)
        try:
            await self.on_renew(session=session_id)
        except Unavailable as error:
            # Other processes read it anew within `session_cache_seconds`.
            log.warning("session_renewal_not_announced", reason=error.detail)
        return token
