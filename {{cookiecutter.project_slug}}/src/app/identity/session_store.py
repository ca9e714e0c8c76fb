"""The rows of sessions: each function is one statement of SQL, or nearly."""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import ARRAY
from sqlalchemy import Text
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import literal
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionSummary
from app.identity.tables import SessionRow
from app.identity.tables import UserRow
from app.identity.users import User
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId

LISTED_SESSIONS = 100


async def find(session: AsyncSession, token_hash: bytes, *, now: datetime) -> SessionRecord | None:
    """Returns the session of a token, unless it has ended or its person is disabled."""
    found = await session.execute(
        select(SessionRow, UserRow)
        .outerjoin(UserRow, SessionRow.user_id == UserRow.id)
        .where(SessionRow.token_hash == token_hash)
        .where(SessionRow.expires_at > now)
        .where(or_(SessionRow.user_id.is_(None), UserRow.disabled_at.is_(None)))
    )
    pair = found.one_or_none()
    return _record(pair[0], pair[1]) if pair else None


async def find_token_hash(session: AsyncSession, session_id: SessionId) -> bytes | None:
    """Returns the hash of the token of a session, None when it has ended."""
    found = await session.scalars(select(SessionRow.token_hash).where(SessionRow.id == session_id))
    return found.one_or_none()


def _record(row: SessionRow, user: UserRow | None) -> SessionRecord:
    return SessionRecord(
        id=SessionId(row.id),
        principal=principal_of(user, SessionId(row.id)),
        data=row.data,
        begun_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
    )


def principal_of(user: User | UserRow | None, session_id: SessionId) -> Principal:
    """Returns the person as the caller that a session vouches for."""
    if user is None:
        return ANONYMOUS
    return Principal(
        kind="user",
        user_id=UserId(user.id),
        session_id=session_id,
        name=user.name,
        is_admin=user.is_admin,
    )


async def add(
    session: AsyncSession,
    user: User | None,
    *,
    token_hash: bytes,
    device: str,
    data: Mapping[str, JsonValue],
    now: datetime,
    expires_at: datetime,
) -> SessionRecord:
    """Stores a new session and returns it."""
    session_id = SessionId(uuid4())
    await session.execute(
        insert(SessionRow).values(
            id=session_id,
            user_id=user.id if user else None,
            token_hash=token_hash,
            data=dict(data),
            device=device,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
        )
    )
    return SessionRecord(
        id=session_id,
        principal=principal_of(user, session_id),
        data=data,
        begun_at=now,
        last_seen_at=now,
        expires_at=expires_at,
    )


async def touch(
    session: AsyncSession, session_id: SessionId, *, now: datetime, expires_at: datetime
) -> None:
    """Notes that the session is in use, which moves its end."""
    seen = update(SessionRow).where(SessionRow.id == session_id)
    await session.execute(seen.values(last_seen_at=now, expires_at=expires_at))


async def merge_data(
    session: AsyncSession,
    session_id: SessionId,
    *,
    changed: Mapping[str, JsonValue],
    removed: Sequence[str],
) -> dict[str, JsonValue] | None:
    """Changes some keys of a session's data, and returns the whole, or None when it has ended.

    Two requests at once that change different keys do not undo each other.
    """
    kept = SessionRow.data.op("-")(literal(list(removed), ARRAY(Text)))
    merged = kept.op("||")(literal(dict(changed), SessionRow.data.type))
    change = update(SessionRow).where(SessionRow.id == session_id).values(data=merged)
    return (await session.scalars(change.returning(SessionRow.data))).one_or_none()


async def take_visitor_data(
    session: AsyncSession, session_id: SessionId
) -> dict[str, JsonValue] | None:
    """Ends a session for another to take its place, and returns its data if it was a visitor's.

    What somebody stored while signed in stays with them: the next person at the same browser may
    be another one.
    """
    ended = delete(SessionRow).where(SessionRow.id == session_id)
    row = (
        await session.execute(ended.returning(SessionRow.user_id, SessionRow.data))
    ).one_or_none()
    return row.data if row is not None and row.user_id is None else None


async def summaries(
    session: AsyncSession, owner: UserId, *, current: SessionId | None, now: datetime
) -> list[SessionSummary]:
    """Returns the owner's sessions, those used last first."""
    rows = await session.scalars(
        select(SessionRow)
        .where(SessionRow.user_id == owner, SessionRow.expires_at > now)
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id)
        .limit(LISTED_SESSIONS)
    )
    return [
        SessionSummary(
            id=SessionId(row.id),
            device=row.device,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.id == current,
        )
        for row in rows
    ]


async def remove(
    session: AsyncSession,
    owner: UserId,
    *,
    only: SessionId | None = None,
    keep: SessionId | None = None,
) -> list[SessionId]:
    """Ends the owner's sessions (the one named, or all but the one kept) and returns their ids."""
    ended = delete(SessionRow).where(SessionRow.user_id == owner)
    if only is not None:
        ended = ended.where(SessionRow.id == only)
    if keep is not None:
        ended = ended.where(SessionRow.id != keep)
    ids = await session.scalars(ended.returning(SessionRow.id))
    return [SessionId(session_id) for session_id in ids]


async def remove_expired(session: AsyncSession, *, now: datetime) -> None:
    """Removes the rows of sessions that have run out."""
    await session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
