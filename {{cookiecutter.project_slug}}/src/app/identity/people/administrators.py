"""The administrators, of whom there is always one."""

from sqlalchemy import select

from app.database import UnitOfWork
from app.errors import Conflict
from app.identity.tables import UserRow
from app.roles import ADMINISTRATOR

LAST_ADMINISTRATOR = "there would be no administrator left"


async def wait_in_line(work: UnitOfWork) -> None:
    """Locks the administrators in one order, so that of two who remove each other one waits.

    What they write meanwhile waits for nobody: their rows may be pointed at.
    """
    everyone = select(UserRow.id).where(UserRow.roles.contains([ADMINISTRATOR]))
    await work.session.execute(everyone.order_by(UserRow.id).with_for_update(key_share=True))


async def keep_one_administrator(work: UnitOfWork, *, without: UserRow) -> None:
    """Raises Conflict where nobody would be left to administrate."""
    if ADMINISTRATOR not in without.roles:
        return
    others = select(UserRow.id).where(
        UserRow.roles.contains([ADMINISTRATOR]),
        UserRow.disabled_at.is_(None),
        UserRow.id != without.id,
    )
    if not (await work.session.scalars(others.limit(1))).one_or_none():
        raise Conflict(LAST_ADMINISTRATOR)
