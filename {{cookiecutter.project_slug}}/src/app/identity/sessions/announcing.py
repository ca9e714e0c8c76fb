"""Who is told of what happens to sessions: the composition root passes the way to all processes."""

from typing import Protocol

import structlog

from app.errors import Unavailable
from app.identity.sessions.cache import SessionCache
from app.principal import SessionId
from app.principal import TokenId
from app.principal import UserId

log = structlog.get_logger()


class OnRevoke(Protocol):
    """Told of what ended, to end what lives on it: sockets and streams, in every process."""

    async def __call__(
        self,
        *,
        user: UserId | None = None,
        session: SessionId | None = None,
        token: TokenId | None = None,
    ) -> None:
        """Ends what belongs to the session, to the API token, or to all of the user."""
        ...


class OnRenew(Protocol):
    """Told of sessions whose token was replaced, so that no process takes the old one any more."""

    async def __call__(self, *, session: SessionId) -> None:
        """Has every process read the session anew; what lives on it stays."""
        ...


async def nobody_to_tell(*, session: SessionId) -> None:
    """Stands in where there is no other process."""


async def forget_everywhere(user_id: UserId, cache: SessionCache, on_revoke: OnRevoke) -> None:
    """Drops what every process believes of a person, and ends their sockets and streams.

    For whoever has already ended the sessions, or the right to them, in the database.
    """
    cache.forget_user(user_id)
    try:
        await on_revoke(user=user_id)
    except Unavailable as error:
        log.warning("session_end_not_announced", reason=error.detail)


async def nothing_to_end(
    *,
    user: UserId | None = None,
    session: SessionId | None = None,
    token: TokenId | None = None,
) -> None:
    """Stands in where nothing lives on them."""
