"""Recovery codes: ten that each replace the authenticator once.

A code has 120 random bits, so that a plain hash of it is enough (ASVS 5.0, 6.5.2).
"""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.identity.tables import RecoveryCodeRow
from app.principal import UserId

CODES = 10
# Without the letters and digits that are taken for one another: i l o u, as Crockford has it.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
GROUPS = 4
GROUP_CHARACTERS = 6
CHARACTERS = GROUPS * GROUP_CHARACTERS
LOOKALIKES = str.maketrans("ilo", "110")


async def make(work: UnitOfWork, owner: UserId) -> Sequence[str]:
    """Returns ten new codes, the only copy of them; those from before are void."""
    codes = [_new() for _ in range(CODES)]
    await void(work, owner)
    rows = [{"user_id": owner, "code_hash": _hash(_plain(code))} for code in codes]
    await work.session.execute(insert(RecoveryCodeRow), rows)
    return codes


async def use(work: UnitOfWork, owner: UserId, code: str) -> bool:
    """Uses a code up; of many tries at once with the same code one succeeds."""
    mine = delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == owner)
    same = mine.where(RecoveryCodeRow.code_hash == _hash(_plain(code)))
    used = await work.session.scalars(same.returning(RecoveryCodeRow.user_id))
    return used.one_or_none() is not None


async def left(session: AsyncSession, owner: UserId) -> int:
    """Returns how many codes are unused."""
    mine = select(func.count()).where(RecoveryCodeRow.user_id == owner)
    return await session.scalar(mine) or 0


async def void(work: UnitOfWork, owner: UserId) -> None:
    """Takes all codes away."""
    await work.session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == owner))


def looks_like_one(code: str) -> bool:
    """Tells whether this is as long as a recovery code, however it is written."""
    return len(_plain(code)) == CHARACTERS


def _new() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))
    starts = range(0, CHARACTERS, GROUP_CHARACTERS)
    return "-".join(letters[start : start + GROUP_CHARACTERS] for start in starts)


def _plain(code: str) -> str:
    return "".join(c for c in code.lower() if c.isalnum()).translate(LOOKALIKES)


def _hash(plain: str) -> bytes:
    return hashlib.sha256(plain.encode(errors="replace")).digest()
