"""What a provider's own second factor is worth after the sign-in in which it was seen.

The session keeps the provider's name, and so do the API tokens that are made in it. Both count for
no longer than the person is connected with that provider, and the settings have it count.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import select
from sqlalchemy import update

from app.database import UnitOfWork
from app.errors import Unauthenticated
from app.identity.openid.tables import OpenIdLinkRow
from app.identity.tables import ApiTokenRow
from app.identity.tables import SessionRow
from app.identity.users import hold_account
from app.principal import Principal
from app.principal import UserId


async def provider_of(work: UnitOfWork, who: Principal) -> str | None:
    """Returns the provider that saw a second factor as the caller's session began, if one did.

    The session does not end before the transaction does, and nobody disconnects the provider: what
    is written by this answer is there by then, for whoever takes it away next.

    Raises:
        Unauthenticated: the session has ended, though it may still be remembered.
    """
    await hold_account(work, who.own_id)
    mine = select(SessionRow.id, SessionRow.factor_provider).where(
        SessionRow.id == who.session_id, SessionRow.user_id == who.own_id
    )
    here = (await work.session.execute(mine.with_for_update(read=True))).one_or_none()
    if here is None:
        raise Unauthenticated("the session has ended")
    _, provider = here
    return provider


def is_connected(user_id: Any, provider: Any) -> ColumnElement[bool]:
    """Returns the condition that a provider signs in a person, both by value or by column."""
    known = select(OpenIdLinkRow.user_id).where(OpenIdLinkRow.user_id == user_id)
    return known.where(OpenIdLinkRow.provider == provider).exists()


async def withdraw(work: UnitOfWork, provider: str, *, user_id: UserId) -> None:
    """Has what a provider saw count no more, in sessions and tokens of before.

    Another account of the same provider may be connected tomorrow: it saw none of that.
    """
    # Sessions first: a token that is being made in one is there once their rows are free.
    for table in (SessionRow, ApiTokenRow):
        vouched = update(table).where(table.user_id == user_id, table.factor_provider == provider)
        await work.session.execute(vouched.values(factor_provider=None))
