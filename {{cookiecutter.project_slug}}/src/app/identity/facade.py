"""What the rest of the service asks of identity: who is calling, and who may come in."""

from collections.abc import Callable
from collections.abc import Mapping

from app.database import Database
from app.errors import Invalid
from app.errors import Unauthenticated
from app.identity import users
from app.identity.bearers import Bearers
from app.identity.passwords import Passwords
from app.identity.session_record import SessionRecord
from app.identity.session_record import token_in
from app.identity.sessions import OnRevoke
from app.identity.sessions import Sessions
from app.identity.tickets import Tickets
from app.identity.users import User
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.settings import IdentitySettings


class Identity:
    """People, their passwords, their sessions, and what else stands for a person.

    A ticket stands for its session, once; what bearer tokens stand for, features say.
    """

    def __init__(self, settings: IdentitySettings, database: Database, *, secure: bool) -> None:
        self.secure = secure
        # The prefix makes browsers insist on Secure, on this host alone and on the whole of it.
        self.cookie_name = "__Host-session" if secure else "session"
        self.cookie_seconds = int(settings.session_days * 86_400)
        self.passwords = Passwords(settings)
        self.sessions = Sessions(settings, database)
        self.tickets = Tickets(database, self.sessions, seconds=settings.ticket_seconds)
        self.bearers = Bearers()
        self._database = database

    async def principal(self, cookies: Mapping[str, str]) -> Principal:
        """Returns who is calling; anonymous without a session, or with one that has ended.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here. The caller may well
                be signed in, so nothing may be answered that says otherwise.
        """
        record = await self.session(cookies)
        return record.principal if record else ANONYMOUS

    async def session(self, cookies: Mapping[str, str]) -> SessionRecord | None:
        """Returns the session that the cookies vouch for, if there is one.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here.
        """
        token = token_in(cookies.get(self.cookie_name))
        return await self.sessions.find(token) if token else None

    def on_revoke(self, callback: OnRevoke) -> None:
        """Has ``callback`` told of every session that ends by somebody's will."""
        self.sessions.on_revoke = callback

    def forget(self, *, user: UserId | None = None, session: SessionId | None = None) -> None:
        """Drops a session, or all of a person, from the cache: another process has ended it."""
        if session is not None:
            self.sessions.cache.forget(session)
        if user is not None:
            self.sessions.cache.forget_user(user)

    async def create_user(
        self, email: str, name: str, password: str, *, is_admin: bool = False
    ) -> User:
        """Adds a person.

        Raises:
            Conflict: somebody has that address already; told no sooner than a success would be.
            Invalid: the address, the name or the password will not do.
            Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
        """
        _check_all(
            lambda: users.clean_email(email),
            lambda: users.clean_name(name),
            lambda: self.passwords.check(password),
        )
        password_hash = await self.passwords.hash(password)
        async with self._database.transaction() as work:
            return await users.create_user(
                work,
                email=email,
                name=name,
                password_hash=password_hash,
                is_admin=is_admin,
            )

    async def authenticate(self, email: str, password: str) -> User:
        """Returns the person whose address and password these are.

        Raises:
            Unauthenticated: they are nobody's; which of the two is wrong shows neither in the
                words nor in the time taken.
            Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
        """
        async with self._database.reading() as session:
            known = await users.find_credentials(session, email)
        matches = await self.passwords.verify(password, known.password_hash if known else None)
        if known is None or not matches:
            raise Unauthenticated("the e-mail address or the password is wrong")
        if self.passwords.needs_rehash(known.password_hash):
            await self._store_password(known.user.id, password)
        return known.user

    async def set_password(self, user_id: UserId, password: str) -> None:
        """Gives a person a new password and ends all of their sessions.

        Raises:
            Invalid: the password will not do.
            Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
        """
        self.passwords.check(password)
        await self._store_password(user_id, password)
        await self.sessions.revoke_all(user_id)

    async def find_user(self, user_id: UserId) -> User | None:
        """Returns the person, or None when there is none or they are disabled.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            return await users.find_user(session, user_id)

    async def delete_expired(self) -> None:
        """Removes sessions and tickets that have run out; for a schedule to call.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        await self.sessions.delete_expired()
        await self.tickets.delete_expired()

    def close(self) -> None:
        """Lets the password threads go."""
        self.passwords.close()

    async def _store_password(self, user_id: UserId, password: str) -> None:
        password_hash = await self.passwords.hash(password)
        async with self._database.transaction() as work:
            await users.set_password_hash(work, user_id, password_hash)


def _check_all(*checks: Callable[[], object]) -> None:
    # A person who filled in a form wants to hear of all that is wrong with it, not one at a time.
    fields: dict[str, str] = {}
    for check in checks:
        try:
            check()
        except Invalid as error:
            fields.update(error.fields)
    if fields:
        raise Invalid("some fields need another look", fields=fields)
