"""Sign-ins that are under way: begun here, and taken once by the browser that began them."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Literal
from typing import cast

from sqlalchemy import delete
from sqlalchemy import insert

from app.database import Database
from app.identity.openid.refusals import Refused
from app.identity.openid.tables import OpenIdFlowRow
from app.principal import UserId

FLOW_SECONDS = 600
SECRET_BYTES = 32
GOAL_MAX_CHARACTERS = 2_000

Purpose = Literal["sign_in", "link", "prove"]


@dataclass(frozen=True, slots=True)
class Begun:
    """The only copies: what goes to the provider, and what stays in the browser's own cookie."""

    state: str
    nonce: str
    verifier: str
    browser: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What was to be done when the browser is back, and for whom."""

    purpose: Purpose
    user_id: UserId | None
    nonce: str
    verifier: str
    goal: str


class Flows:
    """The flows of all processes; ``state`` says which, the cookie says that it is the same one."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    async def begin(
        self, provider: str, purpose: Purpose, *, user_id: UserId | None, goal: str
    ) -> Begun:
        """Notes a flow and returns its secrets.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        begun = Begun(*(secrets.token_urlsafe(SECRET_BYTES) for _ in range(4)))
        async with self._database.transaction() as work:
            await work.session.execute(
                insert(OpenIdFlowRow).values(
                    state_hash=_hash(begun.state),
                    browser_hash=_hash(begun.browser),
                    provider=provider,
                    purpose=purpose,
                    user_id=user_id,
                    nonce=begun.nonce,
                    verifier=begun.verifier,
                    goal=goal[:GOAL_MAX_CHARACTERS],
                    expires_at=self._now() + timedelta(seconds=FLOW_SECONDS),
                )
            )
        return begun

    async def take(self, provider: str, *, state: str, browser: str) -> Flow:
        """Returns a flow, which nobody can take again: not even with what would have been right.

        Raises:
            Refused: there is none, it is too old, or another browser began it.
            Unavailable: PostgreSQL is away.
        """
        taken = delete(OpenIdFlowRow).where(OpenIdFlowRow.state_hash == _hash(state))
        async with self._database.transaction() as work:
            row = (await work.session.scalars(taken.returning(OpenIdFlowRow))).one_or_none()
        if row is None or row.expires_at <= self._now() or row.provider != provider:
            raise Refused("state")
        if not hmac.compare_digest(row.browser_hash, _hash(browser)):
            raise Refused("another browser")
        return Flow(
            purpose=cast("Purpose", row.purpose),
            user_id=UserId(row.user_id) if row.user_id else None,
            nonce=row.nonce,
            verifier=row.verifier,
            goal=row.goal,
        )

    async def delete_expired(self) -> None:
        """Removes flows whose browser never came back; for a schedule to call."""
        async with self._database.transaction() as work:
            old = OpenIdFlowRow.expires_at <= self._now()
            await work.session.execute(delete(OpenIdFlowRow).where(old))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
