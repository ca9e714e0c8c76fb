"""Joining: somebody is no user until a letter has shown that the address is theirs.

Who asks gets the same answer after the same work, whether the address is free or taken; which of
two letters goes out, a job decides. The link alone confirms nothing: the password that was chosen
goes with it. So a mail program that opens links signs nobody up, and who gets a letter that they
never asked for cannot, by a click, make an account to which a stranger has the password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from uuid import UUID
from uuid import uuid4

from sqlalchemy import Select
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Unauthenticated
from app.identity import audit
from app.identity import users
from app.identity.mail_links.links import DeadLink
from app.identity.mail_links.links import MailLinks
from app.identity.mail_links.tables import SignUpRow
from app.identity.passwords.hashing import Passwords
from app.identity.users import User
from app.principal import ANONYMOUS


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody who wants to join."""

    id: UUID
    email: str
    name: str
    password_hash: str
    goal: str = "/"


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who has become a user, and the path where they were heading."""

    user: User
    goal: str


class Joining:
    """What becomes of those who want to join."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        links: MailLinks,
        *,
        seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._links = links
        self._seconds = seconds
        self._now = now

    async def prepare(self, email: str, name: str, password: str, *, goal: str = "/") -> SignUp:
        """Returns what is to be stored; the hash is made here, before any transaction.

        Raises:
            Invalid: the address, the name or the password will not do.
            Unavailable: too many passwords wait to be hashed.
        """
        await users.check_all(
            lambda: users.clean_email(email),
            lambda: users.clean_name(name),
            lambda: self._passwords.check(password),
        )
        password_hash = await self._passwords.hash(password)
        return SignUp(
            uuid4(), users.clean_email(email), users.clean_name(name), password_hash, goal
        )

    async def add(self, work: UnitOfWork, sign_up: SignUp) -> None:
        """Stores somebody who wants to join, for as long as the link to come is good."""
        now = self._now()
        await work.session.execute(
            insert(SignUpRow).values(
                id=sign_up.id,
                email=sign_up.email,
                name=sign_up.name,
                password_hash=sign_up.password_hash,
                goal=sign_up.goal,
                created_at=now,
                expires_at=now + timedelta(seconds=self._seconds),
            )
        )

    async def find(self, work: UnitOfWork, sign_up_id: UUID) -> SignUp | None:
        """Returns somebody who still waits for their letter."""
        row = (
            await work.session.scalars(self._waiting().where(SignUpRow.id == sign_up_id))
        ).first()
        return _sign_up(row) if row else None

    async def find_newest(self, work: UnitOfWork, email: str) -> SignUp | None:
        """Returns the newest sign-up with an address, of those that wait."""
        same = self._waiting().where(func.lower(SignUpRow.email) == func.lower(email))
        rows = await work.session.scalars(same.order_by(SignUpRow.created_at.desc()).limit(1))
        row = rows.first()
        return _sign_up(row) if row else None

    async def confirm(self, token: str, password: str) -> Joined:
        """Makes a user of somebody who opened the link and knows the password they chose.

        Raises:
            DeadLink: the link is no longer good, or somebody has the address meanwhile.
            Unauthenticated: the password is another one; the link stays good.
            Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
        """
        link = await self._links.look(token, "confirm")
        async with self._database.reading() as session:
            row = await session.get(SignUpRow, link.sign_up_id)
        if row is None:
            raise DeadLink
        if not await self._passwords.verify(password, row.password_hash):
            raise Unauthenticated("this is not the password that was chosen")
        async with self._database.transaction() as work:
            return await self._make_user(work, token)

    async def _make_user(self, work: UnitOfWork, token: str) -> Joined:
        link = await self._links.redeem(work, token, "confirm")
        gone = delete(SignUpRow).where(SignUpRow.id == link.sign_up_id).returning(SignUpRow)
        row = (await work.session.scalars(gone)).one_or_none()
        if row is None:
            raise DeadLink
        try:
            user = await users.create_user(
                work, email=row.email, name=row.name, password_hash=row.password_hash
            )
        except Conflict:
            raise DeadLink from None
        await audit.record(work, "account.created", who=ANONYMOUS, subject=user.id)
        await audit.record(work, "email.confirmed", who=ANONYMOUS, subject=user.id)
        return Joined(user, row.goal)

    def _waiting(self) -> Select[SignUpRow]:
        return select(SignUpRow).where(SignUpRow.expires_at > self._now())


def _sign_up(row: SignUpRow) -> SignUp:
    return SignUp(row.id, row.email, row.name, row.password_hash, row.goal)
