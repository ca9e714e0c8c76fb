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

from app.identity.factor_duty import NO_DUTY
from app.identity.factor_duty import FactorDuty
from app.identity.factor_duty import has_factor
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import SessionSummary
from app.identity.tables import SessionRow
from app.identity.tables import UserRow
from app.identity.users import User
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId

LISTED_SESSIONS = 100


async def find(
    session: AsyncSession, token_hash: bytes, *, now: datetime, duty: FactorDuty = NO_DUTY
) -> SessionRecord | None:
    """Returns the session of a token, unless it has ended or its person is disabled."""
    found = await session.execute(
        select(SessionRow, UserRow, has_factor(SessionRow.user_id))
        .outerjoin(UserRow, SessionRow.user_id == UserRow.id)
        .where(SessionRow.token_hash == token_hash)
        .where(SessionRow.expires_at > now)
        .where(or_(SessionRow.user_id.is_(None), UserRow.disabled_at.is_(None)))
    )
    one = found.one_or_none()
    if one is None:
        return None
    row, user, is_on = one
    is_owed = user is not None and duty.is_owed(
        user.roles, has_factor=is_on, provider=row.factor_provider
    )
    return _record(row, user, is_owed=is_owed)


async def find_token_hash(session: AsyncSession, session_id: SessionId) -> bytes | None:
    """Returns the hash of the token of a session, None when it has ended."""
    found = await session.scalars(select(SessionRow.token_hash).where(SessionRow.id == session_id))
    return found.one_or_none()


def _record(row: SessionRow, user: UserRow | None, *, is_owed: bool) -> SessionRecord:
    return SessionRecord(
        id=SessionId(row.id),
        principal=principal_of(
            user,
            SessionId(row.id),
            authenticated_at=row.authenticated_at or row.created_at,
            is_owed=is_owed,
        ),
        data=row.data,
        begun_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
    )


def principal_of(
    user: User | UserRow | None,
    session_id: SessionId,
    *,
    authenticated_at: datetime,
    is_owed: bool,
) -> Principal:
    """Returns the person as the caller that a session vouches for.

    ``is_owed`` says that they have to set up a second factor first.
    """
    if user is None:
        return ANONYMOUS
    return Principal(
        kind="enrolling" if is_owed else "user",
        user_id=UserId(user.id),
        session_id=session_id,
        name=user.name,
        roles=frozenset() if is_owed else frozenset(user.roles),
        authenticated_at=authenticated_at,
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
    duty: FactorDuty = NO_DUTY,
    factor_provider: str | None = None,
) -> SessionRecord:
    """Stores a new session and returns it."""
    session_id = SessionId(uuid4())
    is_owed = False
    if user is not None and duty.binds(user.roles):
        is_on = bool(await session.scalar(select(has_factor(user.id))))
        is_owed = duty.is_owed(user.roles, has_factor=is_on, provider=factor_provider)
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
            authenticated_at=now if user else None,
            factor_provider=factor_provider,
        )
    )
    return SessionRecord(
        id=session_id,
        principal=principal_of(user, session_id, authenticated_at=now, is_owed=is_owed),
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


async def renew(
    session: AsyncSession,
    session_id: SessionId,
    *,
    token_hash: bytes,
    proven_at: datetime | None,
    now: datetime,
) -> bool:
    """Gives a session another token and notes its person's last proof; False when it has ended."""
    proven = update(SessionRow).where(SessionRow.id == session_id, SessionRow.expires_at > now)
    changed = proven.values(token_hash=token_hash, authenticated_at=proven_at).returning(
        SessionRow.id
    )
    return (await session.scalars(changed)).one_or_none() is not None


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
