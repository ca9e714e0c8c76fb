"""What the owner of an account is to hear of: passed on within the transaction of the change.

    await notices.tell(work, "factor.removed", owner)

Identity knows no letters. Whoever does says so once, with `OwnerNotices.deliver`; a change that is
rolled back is then told to nobody, and none that is committed is kept from its owner.
"""

from typing import Protocol

from app.database import UnitOfWork
from app.identity.users import User
from app.identity.users import find_user
from app.principal import UserId


class Deliver(Protocol):
    """Has a notice sent once the transaction is committed."""

    async def __call__(self, work: UnitOfWork, notice: str, owner: User, **facts: str) -> None:
        """Sends it to the address that the owner has now; ``facts`` complete its words."""
        ...


class OwnerNotices:
    """The way to the owners; notices have the names of events of the audit log."""

    def __init__(self) -> None:
        self.deliver: Deliver = nobody_delivers

    async def tell(self, work: UnitOfWork, notice: str, owner: UserId, **facts: str) -> None:
        """Has the owner told; who is disabled is not, as they cannot come in."""
        user = await find_user(work.session, owner)
        if user is not None:
            await self.deliver(work, notice, user, **facts)


async def nobody_delivers(work: UnitOfWork, notice: str, owner: User, **facts: str) -> None:
    """Stands in where nobody writes letters."""
