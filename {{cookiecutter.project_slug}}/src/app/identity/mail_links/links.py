"""One-use links in letters: random, hashed at rest, short-lived, and void once anything changed.

The token exists in the letter alone: the job that sends it makes it, so that neither the queue nor
a copy of the database holds a link that works. The row goes when the link is used, in the
transaction of what it does, so that of fifty clicks at once one gets it. It goes with its person,
and when their password or their address changes (`app.identity.mail_links.keys`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import Invalid
from app.identity.mail_links.tables import MailLinkRow
from app.identity.mail_links.tables import SignUpRow
from app.identity.sessions.record import SessionToken
from app.identity.sessions.record import new_token
from app.identity.sessions.record import token_hash
from app.identity.sessions.record import token_in
from app.identity.users import hold_account
from app.principal import UserId

Purpose = Literal["confirm", "reset", "address"]


@dataclass(frozen=True, slots=True)
class MailLink:
    """What a link stands for: a sign-up, or a person, and the address that it was sent to."""

    purpose: Purpose
    email: str
    user_id: UserId | None = None
    sign_up_id: UUID | None = None


class DeadLink(Invalid):
    """The link was used, is too old, or never was one: which of these, nobody is told."""

    def __init__(self) -> None:
        super().__init__(
            "this link is no longer good", fields={"token": "This link is no longer good."}
        )


class MailLinks:
    """Makes links and takes them back."""

    def __init__(
        self,
        database: Database,
        *,
        confirm_seconds: float,
        seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._seconds = {"confirm": confirm_seconds, "reset": seconds, "address": seconds}
        self._now = now

    async def issue(self, work: UnitOfWork, link: MailLink) -> SessionToken:
        """Stores a link and returns its token, of which there is no other copy."""
        token = new_token()
        await work.session.execute(
            insert(MailLinkRow).values(
                token_hash=token_hash(token),
                purpose=link.purpose,
                sign_up_id=link.sign_up_id,
                user_id=link.user_id,
                email=link.email,
                expires_at=self._now() + timedelta(seconds=self._seconds[link.purpose]),
            )
        )
        return token

    def minutes(self, purpose: Purpose) -> int:
        """Returns how long a link of that kind is good."""
        return max(1, round(self._seconds[purpose] / 60))

    async def look(self, token: str, purpose: Purpose) -> MailLink:
        """Returns what a link stands for and leaves it good: for the page that it opens.

        Raises:
            DeadLink: it is no longer good.
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            found = await session.execute(
                select(MailLinkRow).where(*self._is(token, purpose)).limit(1)
            )
            row = found.scalar_one_or_none()
        return _link(row)

    async def redeem(self, work: UnitOfWork, token: str, purpose: Purpose) -> MailLink:
        """Uses a link up, with the caller's transaction.

        Raises:
            DeadLink: it is no longer good, or somebody was faster.
        """
        is_it = self._is(token, purpose)
        link = _link((await work.session.scalars(select(MailLinkRow).where(*is_it))).one_or_none())
        if link.user_id is not None:
            await hold_account(work, link.user_id)
        used = delete(MailLinkRow).where(*is_it).returning(MailLinkRow.token_hash)
        if (await work.session.scalars(used)).one_or_none() is None:
            raise DeadLink
        return link

    async def delete_expired(self) -> None:
        """Removes links and sign-ups that have run out; for a schedule to call."""
        now = self._now()
        async with self._database.transaction() as work:
            await work.session.execute(delete(MailLinkRow).where(MailLinkRow.expires_at <= now))
            await work.session.execute(delete(SignUpRow).where(SignUpRow.expires_at <= now))

    def _is(self, token: str, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
        given = token_in(token)
        if given is None:
            raise DeadLink
        return (
            MailLinkRow.token_hash == token_hash(given),
            MailLinkRow.purpose == purpose,
            MailLinkRow.expires_at > self._now(),
        )


async def void(work: UnitOfWork, user_id: UserId) -> None:
    """Removes every link of a person: what opened the account yesterday does not after a change."""
    await work.session.execute(delete(MailLinkRow).where(MailLinkRow.user_id == user_id))


def _link(row: MailLinkRow | None) -> MailLink:
    if row is None:
        raise DeadLink
    purpose: Purpose = row.purpose  # type: ignore[assignment]  # only `issue` writes it
    user_id = UserId(row.user_id) if row.user_id else None
    return MailLink(purpose, row.email, user_id, row.sign_up_id)
