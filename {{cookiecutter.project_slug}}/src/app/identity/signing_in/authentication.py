"""Whose address and password these are: the same work and the same answer, right or wrong."""

from app.database import Database
from app.errors import Unauthenticated
from app.identity import audit
from app.identity import users
from app.identity.passwords.hashing import Passwords
from app.identity.users import Credentials
from app.identity.users import User
from app.principal import ANONYMOUS
from app.principal import UserId


class Authentication:
    """Judges what people sign in with."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database = database
        self._passwords = passwords

    async def authenticate(self, email: str, password: str) -> User:
        """Returns the person whose address and password these are.

        Raises:
            Unauthenticated: they are nobody's; which of the two is wrong shows neither in the
                words nor in the time taken.
            Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
        """
        async with self._database.reading() as session:
            known = await users.find_credentials(session, email)
        matches = await self._passwords.verify(password, known.password_hash if known else None)
        if known is None or not matches:
            await self._record_failure(known.user.id if known else None)
            raise Unauthenticated("the e-mail address or the password is wrong")
        if self._passwords.needs_rehash(known.password_hash):
            return await self._store_anew(known, password)
        return known.user

    async def _record_failure(self, subject: UserId | None) -> None:
        """Notes a failure, for known and unknown people alike, so that both take the same time."""
        async with self._database.transaction() as work:
            await audit.record(work, "sign_in.failed", who=ANONYMOUS, subject=subject)

    async def _store_anew(self, known: Credentials, password: str) -> User:
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as work:
            user = await users.hash_anew(work, known, password_hash)
        # Somebody was faster: with the same password, or by changing it.
        return user or await self.authenticate(known.user.email, password)
