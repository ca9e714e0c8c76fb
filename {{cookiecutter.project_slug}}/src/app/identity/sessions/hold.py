"""Making sure that a session is there, until what it wants to change is changed."""

from sqlalchemy import select

from app.database import UnitOfWork
from app.errors import Unauthenticated
from app.identity.tables import SessionRow
from app.identity.users import hold_account
from app.principal import Principal


async def hold_session(work: UnitOfWork, who: Principal) -> None:
    """Has the caller's session not end before the transaction does.

    It is read from the table: where it was cached, it may have ended in another process. The
    account is held before it, as everywhere.

    Raises:
        Unauthenticated: it has ended.
    """
    await hold_account(work, who.own_id)
    here = select(SessionRow.id).where(SessionRow.id == who.session_id)
    here = here.with_for_update(key_share=True, read=True)
    if (await work.session.scalars(here)).one_or_none() is None:
        raise Unauthenticated("the session has ended")
