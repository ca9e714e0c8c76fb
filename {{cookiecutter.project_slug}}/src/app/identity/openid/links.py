"""Which account of a provider signs in whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.identity.openid.claims import Claims
from app.identity.openid.standing import withdraw
from app.identity.openid.tables import OpenIdLinkRow
from app.identity.users import hold_account
from app.principal import UserId


@dataclass(frozen=True, slots=True)
class Link:
    """An account elsewhere, as its owner sees it here."""

    provider: str
    email: str
    created_at: datetime


async def owner_of(session: AsyncSession, provider: str, subject: str) -> UserId | None:
    """Returns whom an account of a provider signs in, disabled people too; None for nobody."""
    found = select(OpenIdLinkRow.user_id).where(
        OpenIdLinkRow.provider == provider, OpenIdLinkRow.subject == subject
    )
    user_id = (await session.scalars(found)).one_or_none()
    return UserId(user_id) if user_id else None


async def add(work: UnitOfWork, provider: str, claims: Claims, *, user_id: UserId) -> UserId:
    """Has an account sign in a person from now on; returns whom it signs in, if it did already."""
    values = {
        "provider": provider,
        "subject": claims.subject,
        "user_id": user_id,
        "email": claims.email,
    }
    added = insert(OpenIdLinkRow).values(values).on_conflict_do_nothing()
    await work.session.execute(added)
    owner = await owner_of(work.session, provider, claims.subject)
    return owner or user_id


async def list_of(session: AsyncSession, user_id: UserId) -> Sequence[Link]:
    """Returns the accounts that sign in a person."""
    rows = await session.scalars(
        select(OpenIdLinkRow)
        .where(OpenIdLinkRow.user_id == user_id)
        .order_by(OpenIdLinkRow.created_at, OpenIdLinkRow.provider)
    )
    return [Link(row.provider, row.email, row.created_at) for row in rows]


async def held(work: UnitOfWork, user_id: UserId) -> set[str]:
    """Returns the providers that sign in a person; none goes before the transaction ends."""
    await hold_account(work, user_id)
    mine = select(OpenIdLinkRow).where(OpenIdLinkRow.user_id == user_id)
    rows = await work.session.scalars(mine.order_by(OpenIdLinkRow.created_at).with_for_update())
    return {row.provider for row in rows}


async def remove(work: UnitOfWork, provider: str, *, user_id: UserId) -> int:
    """Ends what a provider's accounts may do for a person; returns how many they were.

    What they have done for the person's second factor ends, too.
    """
    gone = delete(OpenIdLinkRow).where(
        OpenIdLinkRow.user_id == user_id, OpenIdLinkRow.provider == provider
    )
    subjects = (await work.session.scalars(gone.returning(OpenIdLinkRow.subject))).all()
    await withdraw(work, provider, user_id=user_id)
    return len(subjects)
