"""What opens an account, and its replacement: the password, and the address that can reset it.

Each change happens in the caller's transaction, with the letter that tells the owner of it, and
takes along what the old key had opened: the links in letters, and the sessions after a password.
"""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.database import Database
from app.database import UnitOfWork
from app.errors import Unauthenticated
from app.identity import audit
from app.identity import users
from app.identity.mail_links.links import DeadLink
from app.identity.mail_links.links import MailLinks
from app.identity.mail_links.links import Purpose
from app.identity.mail_links.links import void
from app.identity.passwords.hashing import Passwords
from app.identity.sessions import store
from app.identity.sessions.hold import hold_session
from app.identity.sessions.service import Sessions
from app.identity.tables import UserRow
from app.identity.users import User
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId


class Keys:
    """The keys of everybody's account."""

    def __init__(
        self, database: Database, passwords: Passwords, sessions: Sessions, links: MailLinks
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = sessions
        self._links = links

    async def prepare(self, password: str) -> str:
        """Returns the hash of a new password; made before the transaction that stores it.

        Raises:
            Invalid: the password will not do.
            Unavailable: too many passwords wait to be hashed.
        """
        await users.check_all(lambda: self._passwords.check(password))
        return await self._passwords.hash(password)

    async def has_password(self, who: Principal) -> bool:
        """Tells whether the caller has a password at all: who came with a provider may have none.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            return bool(await users.find_password_hash(session, who.own_id))

    async def check(self, who: Principal, password: str) -> None:
        """Returns when this is the caller's present password.

        Raises:
            Unauthenticated: it is not, or there is none.
            Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
        """
        async with self._database.reading() as session:
            password_hash = await users.find_password_hash(session, who.own_id)
        if not await self._passwords.verify(password, password_hash):
            raise Unauthenticated("this is not the present password")

    async def change_password(
        self, work: UnitOfWork, who: Principal, password_hash: str
    ) -> Sequence[SessionId]:
        """Stores the caller's new password and ends their other sessions.

        Returns those, for `announce` to tell every process once the transaction is committed.

        Raises:
            Unauthenticated: the session has ended meanwhile.
        """
        await hold_session(work, who)
        await self._store(work, who.own_id, password_hash)
        await audit.record(work, "password.changed", who=who)
        return await store.remove(work.session, who.own_id, keep=who.session_id)

    async def reset_password(
        self, work: UnitOfWork, token: str, password_hash: str
    ) -> tuple[User, Sequence[SessionId]]:
        """Uses a link up to store a new password, and ends all sessions of its person.

        Raises:
            DeadLink: the link is no longer good.
        """
        user, _ = await self._redeem(work, token, "reset")
        await self._store(work, user.id, password_hash)
        await audit.record(work, "password.reset", who=ANONYMOUS, subject=user.id)
        return user, await store.remove(work.session, user.id)

    async def change_email(self, work: UnitOfWork, token: str) -> tuple[User, str]:
        """Uses a link up to give its person another address; returns them as they were, and it.

        Raises:
            DeadLink: the link is no longer good, or somebody has the address meanwhile.
        """
        user, email = await self._redeem(work, token, "address")
        try:
            changed = update(UserRow).where(UserRow.id == user.id).values(email=email)
            await work.session.execute(changed)
        except IntegrityError as error:
            raise DeadLink from error
        await void(work, user.id)
        await audit.record(work, "email.changed", who=ANONYMOUS, subject=user.id)
        return user, email

    async def announce(self, ended: Sequence[SessionId]) -> None:
        """Has every process forget sessions that a change has ended, and close their sockets."""
        await self._sessions.endings.announce_end(ended)

    async def _redeem(self, work: UnitOfWork, token: str, purpose: Purpose) -> tuple[User, str]:
        link = await self._links.redeem(work, token, purpose)
        user = await users.find_user(work.session, link.user_id) if link.user_id else None
        if user is None:
            raise DeadLink
        return user, link.email

    async def _store(self, work: UnitOfWork, user_id: UserId, password_hash: str) -> None:
        await users.set_password_hash(work, user_id, password_hash)
        await void(work, user_id)
