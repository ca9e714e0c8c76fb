"""What the rest of the service asks of identity: who is calling, and who may come in."""

from collections.abc import Mapping

from app.database import Database
from app.database import UnitOfWork
from app.errors import Unauthenticated
from app.identity import audit
from app.identity import users
from app.identity.factor_duty import NO_DUTY
from app.identity.factor_duty import FactorDuty
from app.identity.factors.new_phones import NewPhones
from app.identity.factors.service import Factors
from app.identity.mail_links.joining import Joining
from app.identity.mail_links.keys import Keys
from app.identity.mail_links.links import MailLinks
from app.identity.mail_links.links import void
from app.identity.owner_notices import OwnerNotices
from app.identity.passwords.hashing import Passwords
from app.identity.people.profiles import Profiles
from app.identity.people.service import People
from app.identity.personal_data.leaving import own_data
from app.identity.sessions.announcing import OnRenew
from app.identity.sessions.announcing import OnRevoke
from app.identity.sessions.record import TOKEN_CHARACTERS
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import SessionToken
from app.identity.sessions.record import token_in
from app.identity.sessions.service import Sessions
from app.identity.sessions.tickets import Tickets
from app.identity.signing_in.authentication import Authentication
from app.identity.signing_in.half_sign_ins import HalfSignIns
from app.identity.signing_in.known_devices import KnownDevices
from app.identity.tokens.bearers import Bearers
from app.identity.tokens.scopes import Scopes
from app.identity.tokens.service import ApiTokens
from app.identity.users import User
from app.principal import ANONYMOUS
from app.principal import SYSTEM
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.settings import IdentitySettings


class Identity:
    """People, their passwords, their sessions, and what else stands for a person.

    A ticket stands for its session, once; what bearer tokens stand for, features say.
    """

    def __init__(
        self,
        settings: IdentitySettings,
        database: Database,
        *,
        secure: bool,
        name: str = "",
        duty: FactorDuty = NO_DUTY,
    ) -> None:
        self.secure = secure
        # The prefix makes browsers insist on Secure, on this host alone and on the whole of it.
        self.cookie_name = "__Host-session" if secure else "session"
        self._cookie_begins = f"{self.cookie_name}="
        self.cookie_seconds = int(settings.session_days * 86_400)
        self.passwords = Passwords(settings, name=name)
        self.sessions = Sessions(settings, database, duty=duty)
        self.tickets = Tickets(database, self.sessions, seconds=settings.ticket_seconds)
        self.bearers = Bearers()
        # Those of links that let anybody look: good in the address of a stream and nowhere else.
        self.guests = Bearers()
        self.links = MailLinks(
            database, confirm_seconds=settings.confirm_seconds, seconds=settings.link_seconds
        )
        self.joining = Joining(
            database, self.passwords, self.links, seconds=settings.confirm_seconds
        )
        self.keys = Keys(database, self.passwords, self.sessions, self.links)
        self.people = People(database, self.sessions)
        self.personal_data = own_data()
        self.scopes = Scopes()
        self.owner_notices = notices = OwnerNotices()
        self.tokens = ApiTokens(settings, database, self.scopes, notices, duty=duty)
        self.profiles = Profiles(database, self.sessions.cache)
        self.factors = Factors(database, settings.secret_keys, notices, duty=duty)
        self.new_phones = NewPhones(database, settings.secret_keys, self.sessions, notices)
        self.half_sign_ins = HalfSignIns(database, self.factors)
        self.known_devices = KnownDevices(settings.secret_keys)
        self._database = database
        self._authentication = Authentication(database, self.passwords)
        self._audit_days = settings.audit_days

    async def principal(self, cookies: Mapping[str, str]) -> Principal:
        """Returns who is calling; anonymous without a session, or with one that has ended.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here. The caller may well
                be signed in, so nothing may be answered that says otherwise.
        """
        record = await self.session(cookies)
        return record.principal if record else ANONYMOUS

    def session_at_hand(self, cookie_header: str | None) -> SessionRecord | None:
        """Returns the session that a header vouches for, where nothing is to be waited for.

        That is: the header is its cookie and nothing else, as nearly always, and this process has
        just seen the session. None says nothing; ``session`` knows.
        """
        start = len(self._cookie_begins)
        if cookie_header is None or len(cookie_header) != start + TOKEN_CHARACTERS:
            return None
        if not (cookie_header.startswith(self._cookie_begins) and cookie_header.isascii()):
            return None
        return self.sessions.at_hand(SessionToken(cookie_header[start:]))

    async def session(self, cookies: Mapping[str, str]) -> SessionRecord | None:
        """Returns the session that the cookies vouch for, if there is one.

        Raises:
            Unavailable: PostgreSQL is away and the session is not known here.
        """
        token = token_in(cookies.get(self.cookie_name))
        return await self.sessions.find(token) if token else None

    def on_revoke(self, callback: OnRevoke, *, renewed: OnRenew) -> None:
        """Has ``callback`` told of every session and token that ends by somebody's will.

        ``renewed`` is told of those that go on with another token.
        """
        self.sessions.endings.on_revoke = self.tokens.on_revoke = callback
        self.sessions.proofs.on_renew = renewed

    def is_recent(self, who: Principal) -> bool:
        """Tells whether the caller proved who they are a short while ago."""
        return self.sessions.proofs.is_recent(who)

    def forget(self, *, user: UserId | None = None, session: SessionId | None = None) -> None:
        """Drops a session, or all of a person, from the cache: another process has ended it."""
        if session is not None:
            self.sessions.cache.forget(session)
        if user is not None:
            self.sessions.cache.forget_user(user)

    async def create_user(
        self,
        email: str,
        name: str,
        password: str,
        *,
        is_admin: bool = False,
        by: Principal = ANONYMOUS,
    ) -> User:
        """Adds a person; ``by`` is for the audit log.

        Raises:
            Conflict: somebody has that address already; told no sooner than a success would be.
            Invalid: the address, the name or the password will not do.
            Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
        """
        await users.check_all(
            lambda: users.clean_email(email),
            lambda: users.clean_name(name),
            lambda: self.passwords.check(password),
        )
        password_hash = await self.passwords.hash(password)
        async with self._database.transaction() as work:
            user = await users.create_user(
                work,
                email=email,
                name=name,
                password_hash=password_hash,
                is_admin=is_admin,
            )
            await audit.record(
                work, "account.created", who=by, subject=user.id, details={"is_admin": is_admin}
            )
            return user

    async def authenticate(self, email: str, password: str) -> User:
        """Returns the person whose address and password these are.

        Raises:
            Unauthenticated: they are nobody's; which of the two is wrong shows neither in the
                words nor in the time taken.
            Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
        """
        return await self._authentication.authenticate(email, password)

    async def set_password(self, user_id: UserId, password: str, *, by: Principal = SYSTEM) -> None:
        """Gives a person a new password and ends all of their sessions and API tokens.

        Raises:
            Invalid: the password will not do.
            Unavailable: PostgreSQL is away, or too many passwords wait to be hashed.
        """
        password_hash = await self.keys.prepare(password)
        async with self._database.transaction() as work:
            await users.set_password_hash(work, user_id, password_hash)
            await void(work, user_id)
            await audit.record(work, "password.changed", who=by, subject=user_id)
        await self.sessions.endings.revoke_all(user_id, by=by)
        await self.tokens.revoke_all(by, user_id)

    async def find_user(self, user_id: UserId) -> User | None:
        """Returns the person, or None when there is none or they are disabled.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            return await users.find_user(session, user_id)

    async def find_by_email(self, work: UnitOfWork, email: str) -> User | None:
        """Returns who signs in with an address, in whatever case, unless they are disabled."""
        known = await users.find_credentials(work.session, email)
        return known.user if known else None

    async def find_by_id(self, work: UnitOfWork, user_id: UserId) -> User:
        """Returns a person, inside a transaction.

        Raises:
            Unauthenticated: the account was disabled a moment ago.
        """
        user = await users.find_user(work.session, user_id)
        if user is None:
            raise Unauthenticated("this account is not in use")
        return user

    async def delete_expired(self) -> None:
        """Removes sessions, tickets and links that have run out, and old entries of the audit log.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        await self.sessions.delete_expired()
        await self.tickets.delete_expired()
        await self.tokens.delete_expired()
        await self.half_sign_ins.delete_expired()
        await self.new_phones.delete_expired()
        await self.links.delete_expired()
        await audit.delete_old(self._database, days=self._audit_days)

    def close(self) -> None:
        """Lets the password threads go."""
        self.passwords.close()
