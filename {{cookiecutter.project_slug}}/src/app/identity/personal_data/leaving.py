"""Deleting an account: the person goes, a row without a name stays for what others share.

Rows of ``users`` are never deleted: what somebody wrote among others would go with them, or point
nowhere. The address, the name, the password and the roles are overwritten, and nobody signs in.
"""

from datetime import UTC
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Table
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Base
from app.database import UnitOfWork
from app.errors import Unauthenticated
from app.identity import audit
from app.identity.audit import AuditRow
from app.identity.openid.tables import OpenIdLinkRow
from app.identity.people.accounts import DELETED_ENDING
from app.identity.people.administrators import keep_one_administrator
from app.identity.people.administrators import wait_in_line
from app.identity.personal_data.registry import PersonalData
from app.identity.sessions.hold import hold_session
from app.identity.tables import SessionRow
from app.identity.tables import UserRow
from app.principal import Principal
from app.principal import UserId

DELETED_NAME = "Deleted account"
EXPORTED_ENTRIES = 10_000
OWN = "app.identity."


def deleted_email(user_id: UserId) -> str:
    """Returns an address that nobody can have (RFC 2606), so that the old one is free again."""
    return f"{user_id}{DELETED_ENDING}"


def own_tables() -> list[Table]:
    """Returns the tables of identity whose rows belong to one person; features have their own."""
    mapped = [
        mapper for mapper in Base.registry.mappers if mapper.class_.__module__.startswith(OWN)
    ]
    tables = [mapper.local_table for mapper in mapped]
    return [one for one in tables if isinstance(one, Table) and "user_id" in one.c]


async def leave(who: Principal, work: UnitOfWork) -> None:
    """Takes away what identity holds of the caller; others stay as they are.

    Raises:
        Conflict: the caller is the last administrator.
        Unauthenticated: the account was deleted or shut out a moment ago, or the session ended.
    """
    user_id = who.own_id
    await wait_in_line(work)  # before the person, as whoever takes roles away does
    row = (
        await work.session.scalars(select(UserRow).where(UserRow.id == user_id).with_for_update())
    ).one()
    if row.disabled_at is not None:
        raise Unauthenticated("this account is not in use")
    await hold_session(work, who)
    await keep_one_administrator(work, without=row)
    for table in own_tables():
        await work.session.execute(delete(table).where(table.c.user_id == user_id))
    await work.session.execute(
        update(UserRow)
        .where(UserRow.id == user_id)
        .values(
            email=deleted_email(user_id),
            name=DELETED_NAME,
            password_hash="",
            roles=[],
            is_admin=False,
            disabled_at=datetime.now(UTC),
        )
    )
    await audit.record(work, "account.deleted", who=who)


def own_data() -> PersonalData:
    """Returns the registry with what identity itself holds; features add theirs."""
    held = PersonalData()
    held.hold("account", export=exported, erase=_nothing_more)
    return held


async def _nothing_more(work: UnitOfWork, user_id: UserId) -> None:
    """Stands in for ``leave``, which comes last, when all parts have let go."""


async def exported(session: AsyncSession, user_id: UserId) -> JsonValue:
    """Returns what identity holds of a person, secrets left out."""
    row = await session.get(UserRow, user_id)
    if row is None:
        return {}
    sessions = await session.scalars(select(SessionRow).where(SessionRow.user_id == user_id))
    links = await session.scalars(select(OpenIdLinkRow).where(OpenIdLinkRow.user_id == user_id))
    entries = await session.scalars(
        select(AuditRow)
        .where(AuditRow.subject_id == user_id)
        .order_by(AuditRow.id.desc())
        .limit(EXPORTED_ENTRIES)
    )
    return {
        "id": str(row.id),
        "email": row.email,
        "name": row.name,
        "roles": list(row.roles),
        "created_at": row.created_at.isoformat(),
        "sessions": [
            {
                "device": one.device,
                "created_at": one.created_at.isoformat(),
                "last_seen_at": one.last_seen_at.isoformat(),
            }
            for one in sessions
        ],
        "providers": [{"provider": one.provider, "email": one.email} for one in links],
        "audit_log": [
            {
                "at": one.at.isoformat(),
                "event": one.event,
                "address": one.address,
                "details": one.details,
            }
            for one in entries
        ],
    }
