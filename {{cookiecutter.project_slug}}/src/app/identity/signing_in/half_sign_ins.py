"""A sign-in between its two steps: the password was right, the code is still to come.

What the browser gets is a token for the form of the second step. It is no session and stands for
nobody: all that it opens is five tries at a code, within ten minutes.
"""

from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import update

from app.database import Database
from app.errors import Unauthenticated
from app.identity import audit
from app.identity.factors.service import Factors
from app.identity.factors.service import WrongCode
from app.identity.sessions.record import SessionToken
from app.identity.sessions.record import new_token
from app.identity.sessions.record import token_hash
from app.identity.sessions.record import token_in
from app.identity.tables import HalfSignInRow
from app.identity.users import User
from app.identity.users import find_user
from app.principal import ANONYMOUS
from app.principal import UserId

SECONDS = 600
TRIES = 5


class HalfSignIns:
    """The sign-ins that wait for a code."""

    def __init__(
        self,
        database: Database,
        factors: Factors,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._factors = factors
        self._now = now

    async def begin(self, user: User) -> str:
        """Returns the token for the second step of a person whose password was right.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        token = new_token()
        async with self._database.transaction() as work:
            added = insert(HalfSignInRow).values(
                token_hash=token_hash(token),
                user_id=user.id,
                password_seal=user.password_seal,
                expires_at=self._now() + timedelta(seconds=SECONDS),
            )
            await work.session.execute(added)
        return token

    async def claim(self, token: str) -> User:
        """Counts a try at the code and returns whose sign-in this is.

        Raises:
            Unauthenticated: it is too late, or there were too many tries: begin anew.
            Unavailable: PostgreSQL is away.
        """
        known = token_in(token)
        if known is None:
            raise Unauthenticated("sign in again")
        mine = update(HalfSignInRow).where(HalfSignInRow.token_hash == token_hash(known))
        good = mine.where(HalfSignInRow.expires_at > self._now(), HalfSignInRow.attempts < TRIES)
        tried = good.values(attempts=HalfSignInRow.attempts + 1)
        async with self._database.transaction() as work:
            row = (await work.session.scalars(tried.returning(HalfSignInRow))).one_or_none()
            user = await find_user(work.session, UserId(row.user_id)) if row else None
            if row is None or user is None or row.password_seal != user.password_seal:
                raise Unauthenticated("sign in again")
        return user

    async def finish(self, token: str, user: User, code: str) -> None:
        """Returns when the code is right; the token is used up then.

        Raises:
            WrongCode: it is not; it may be tried again.
            Unauthenticated: somebody else has used the token up meanwhile.
            Unavailable: PostgreSQL is away.
        """
        try:
            await self._factors.check(ANONYMOUS, user.id, code)
        except WrongCode:
            details: dict[str, JsonValue] = {"factor": "code"}
            async with self._database.transaction() as work:
                await audit.record(
                    work, "sign_in.failed", who=ANONYMOUS, subject=user.id, details=details
                )
            raise
        mine = delete(HalfSignInRow).where(
            HalfSignInRow.token_hash == token_hash(SessionToken(token))
        )
        async with self._database.transaction() as work:
            used = await work.session.scalars(mine.returning(HalfSignInRow.user_id))
            if used.one_or_none() is None:
                raise Unauthenticated("sign in again")

    async def delete_expired(self) -> None:
        """Removes what nobody finished; for a schedule to call."""
        async with self._database.transaction() as work:
            old = delete(HalfSignInRow).where(HalfSignInRow.expires_at <= self._now())
            await work.session.execute(old)
