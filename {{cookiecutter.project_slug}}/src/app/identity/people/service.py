"""What administrators do with accounts: find them, shut people out, let them in, give roles.

Whoever is shut out or has other rights than before is signed out everywhere: the change and the
end of the sessions are one transaction, and every process drops what it believes of the person.
"""

from collections.abc import Sequence
from datetime import UTC
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update

from app.database import Database
from app.database import UnitOfWork
from app.errors import Forbidden
from app.errors import Invalid
from app.errors import NotFound
from app.identity import audit
from app.identity.people.accounts import DELETED_ENDING
from app.identity.people.accounts import Account
from app.identity.people.accounts import After
from app.identity.people.accounts import account_of
from app.identity.people.administrators import keep_one_administrator
from app.identity.people.administrators import wait_in_line
from app.identity.people.search import search
from app.identity.rights import require
from app.identity.sessions import store
from app.identity.sessions.announcing import forget_everywhere
from app.identity.sessions.record import SessionSummary
from app.identity.sessions.service import Sessions
from app.identity.tables import UserRow
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.roles import ADMINISTRATOR
from app.roles import CHANGE_ADMINISTRATION
from app.roles import READ_ADMINISTRATION
from app.roles import ROLES

SEARCH_MAX_CHARACTERS = 100


class People:
    """The accounts of everybody."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    async def list(
        self, who: Principal, *, matching: str = "", after: After | None = None, count: int
    ) -> list[Account]:
        """Returns accounts that a search finds (see `search`), those who joined last first.

        Raises:
            Forbidden: the caller may not see other people's accounts.
            Invalid: the search is longer than a name could be.
        """
        require(who, READ_ADMINISTRATION)
        if len(matching) > SEARCH_MAX_CHARACTERS:
            raise Invalid(fields={"q": f"Use at most {SEARCH_MAX_CHARACTERS} characters."})
        async with self._database.reading() as session:
            return await search(session, matching, after=after, count=count)

    async def find(self, who: Principal, user_id: UserId) -> Account:
        """Returns an account.

        Raises:
            Forbidden: the caller may not see other people's accounts.
            NotFound: there is no such person.
        """
        require(who, READ_ADMINISTRATION)
        async with self._database.reading() as session:
            row = await session.get(UserRow, user_id)
        return account_of(_found(row))

    async def find_by_email(self, who: Principal, email: str) -> Account:
        """Returns the account of an address, in whatever case.

        Raises:
            Forbidden: the caller may not see other people's accounts.
            NotFound: nobody has that address.
        """
        require(who, READ_ADMINISTRATION)
        same = func.lower(UserRow.email) == func.lower(email.strip())
        async with self._database.reading() as session:
            row = (await session.scalars(select(UserRow).where(same))).one_or_none()
        return account_of(_found(row, "there is nobody with this address"))

    async def disable(self, who: Principal, user_id: UserId) -> None:
        """Shuts a person out: sessions, tokens, sockets and streams end in every process.

        Raises:
            Conflict: they are the last administrator.
            Forbidden: the caller may not, or this is the caller.
            NotFound: there is no such person.
        """
        require(who, CHANGE_ADMINISTRATION)
        if who.user_id == user_id:
            raise Forbidden("nobody shuts themselves out")
        async with self._database.transaction() as work:
            row = await self._lock(work, user_id)
            if row.disabled_at is not None:
                return
            await keep_one_administrator(work, without=row)
            await _change(work, row, disabled_at=func.now())
            await audit.record(work, "user.disabled", who=who, subject=user_id)
            await store.remove(work.session, user_id)
        await self._forget(user_id)

    async def enable(self, who: Principal, user_id: UserId) -> None:
        """Lets a person in again, who has to sign in.

        Raises:
            Forbidden: the caller may not.
            NotFound: there is no such person.
        """
        require(who, CHANGE_ADMINISTRATION)
        async with self._database.transaction() as work:
            row = await self._lock(work, user_id)
            if row.disabled_at is None:
                return
            await _change(work, row, disabled_at=None)
            await audit.record(work, "user.enabled", who=who, subject=user_id)

    async def give_role(self, who: Principal, user_id: UserId, role: str) -> None:
        """Gives a person a role; they have to sign in again, with a new session.

        Raises:
            Forbidden: the caller may not.
            Invalid: there is no such role.
            NotFound: there is no such person.
        """
        require(who, CHANGE_ADMINISTRATION)
        if role not in ROLES:
            raise Invalid(fields={"role": f"Choose one of: {', '.join(ROLES)}."})
        async with self._database.transaction() as work:
            row = await self._lock(work, user_id)
            if role in row.roles:
                return
            await self._set_roles(work, row, [*row.roles, role])
            await audit.record(
                work, "user.role_given", who=who, subject=user_id, details={"role": role}
            )
        await self._forget(user_id)

    async def take_role(self, who: Principal, user_id: UserId, role: str) -> None:
        """Takes a role from a person; they have to sign in again.

        Raises:
            Conflict: they are the last administrator.
            Forbidden: the caller may not.
            NotFound: there is no such person.
        """
        require(who, CHANGE_ADMINISTRATION)
        async with self._database.transaction() as work:
            row = await self._lock(work, user_id)
            if role not in row.roles:
                return
            if role == ADMINISTRATOR:
                await keep_one_administrator(work, without=row)
            await self._set_roles(work, row, [name for name in row.roles if name != role])
            await audit.record(
                work, "user.role_taken", who=who, subject=user_id, details={"role": role}
            )
        await self._forget(user_id)

    async def sessions(self, who: Principal, user_id: UserId) -> Sequence[SessionSummary]:
        """Returns where a person is signed in.

        Raises:
            Forbidden: the caller may not see other people's accounts.
        """
        require(who, READ_ADMINISTRATION)
        async with self._database.reading() as session:
            return await store.summaries(
                session, user_id, current=who.session_id, now=datetime.now(UTC)
            )

    async def end_sessions(
        self, who: Principal, user_id: UserId, *, only: SessionId | None = None
    ) -> None:
        """Signs a person out everywhere, or ends one of their sessions.

        Raises:
            Forbidden: the caller may not.
            NotFound: they have no such session.
        """
        require(who, CHANGE_ADMINISTRATION)
        ended = await self._sessions.endings.revoke_all(user_id, by=who, only=only)
        if only is not None and not ended:
            raise NotFound("there is no such session")

    async def _forget(self, user_id: UserId) -> None:
        await forget_everywhere(user_id, self._sessions.cache, self._sessions.endings.on_revoke)

    @staticmethod
    async def _lock(work: UnitOfWork, user_id: UserId) -> UserRow:
        await wait_in_line(work)  # before the person: the order is the same for everybody
        row = await work.session.get(UserRow, user_id, with_for_update=True)
        return _found(row)

    @staticmethod
    async def _set_roles(work: UnitOfWork, row: UserRow, roles: Sequence[str]) -> None:
        await _change(work, row, roles=sorted(roles), is_admin=ADMINISTRATOR in roles)
        await store.remove(work.session, UserId(row.id))


def _found(row: UserRow | None, otherwise: str = "there is no such person") -> UserRow:
    if row is None or row.email.endswith(DELETED_ENDING):
        raise NotFound(otherwise)
    return row


async def _change(work: UnitOfWork, row: UserRow, **values: object) -> None:
    await work.session.execute(update(UserRow).where(UserRow.id == row.id).values(**values))
