"""One-use tickets: a session vouches for one connection that cannot send its cookie.

A page asks for one with its cookie and says it in the first frame of a socket, wherever that
socket is: of another host, or behind something that eats cookies. The row goes when the ticket is
used, in one statement, so that of two processes one gets it; it goes with its session too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app.database import Database
from app.errors import Unauthenticated
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import SessionToken
from app.identity.sessions.record import new_token
from app.identity.sessions.record import token_hash
from app.identity.sessions.record import token_in
from app.identity.sessions.service import Sessions
from app.identity.tables import TicketRow
from app.principal import Principal
from app.principal import SessionId


@dataclass(frozen=True, slots=True)
class Ticket:
    """The only copy of a ticket, good once within ``seconds``."""

    token: SessionToken
    seconds: float


class Tickets:
    """Gives tickets out and takes them back."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        *,
        seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._seconds = seconds
        self._now = now

    async def issue(self, who: Principal) -> Ticket:
        """Returns a ticket of the caller's session.

        Raises:
            Unauthenticated: no session vouches for the caller, or it has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        if who.session_id is None:
            raise Unauthenticated("a ticket belongs to a session")
        token = new_token()
        added = insert(TicketRow).values(
            token_hash=token_hash(token),
            session_id=who.session_id,
            expires_at=self._now() + timedelta(seconds=self._seconds),
        )
        try:
            async with self._database.transaction() as work:
                await work.session.execute(added)
        except IntegrityError as error:  # it points at a session that is gone
            raise Unauthenticated("the session has ended") from error
        return Ticket(token, self._seconds)

    async def redeem(self, ticket: str) -> SessionRecord | None:
        """Uses a ticket up; returns its session, or None when one of the two is no good.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        token = token_in(ticket)
        if token is None:
            return None
        used = delete(TicketRow).where(TicketRow.token_hash == token_hash(token))
        async with self._database.transaction() as work:
            found = (
                await work.session.execute(
                    used.returning(TicketRow.session_id, TicketRow.expires_at)
                )
            ).one_or_none()
        if found is None or found.expires_at <= self._now():
            return None
        return await self._sessions.find_by_id(SessionId(found.session_id))

    async def delete_expired(self) -> None:
        """Removes the tickets that nobody used; for a schedule to call."""
        async with self._database.transaction() as work:
            await work.session.execute(delete(TicketRow).where(TicketRow.expires_at <= self._now()))
