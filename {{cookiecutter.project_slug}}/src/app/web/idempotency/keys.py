"""Keys and the answers that are stored under them."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import IdempotencyKeyReused
from app.principal import Principal
from app.web import problem_types
from app.web.idempotency.tables import IdempotencyKeyRow
from app.web.refusals import Refused

LOCK_BYTES = 8


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request was answered with."""

    status: int
    headers: dict[str, str]
    body: bytes


async def answer_under(
    who: Principal, work: UnitOfWork, *, key: str, fingerprint: bytes
) -> StoredAnswer | None:
    """Returns what is stored under a key of ``who``, or has the key to itself until the commit.

    The lock ends with the transaction, so that of a process that was killed nothing is left.

    Raises:
        Refused: another request with this key is on its way.
        IdempotencyKeyReused: it was used for something else.
    """
    taken = select(func.pg_try_advisory_xact_lock(_lock(who, key)))
    if not await work.session.scalar(taken):
        raise Refused(problem_types.KEY_IN_USE)
    row = await work.session.get(IdempotencyKeyRow, (who.own_id, key))
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return StoredAnswer(row.status, row.headers, row.body)


async def keep_answer(
    who: Principal, work: UnitOfWork, *, key: str, fingerprint: bytes, answer: StoredAnswer
) -> None:
    """Stores an answer with everything else that the transaction does."""
    work.session.add(
        IdempotencyKeyRow(
            user_id=who.own_id,
            key=key,
            fingerprint=fingerprint,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
        )
    )
    await work.session.flush()


async def delete_old_keys(database: Database, *, hours: float) -> None:
    """Removes answers that nobody is going to ask for any more; for a schedule to call."""
    old = IdempotencyKeyRow.created_at < func.now() - timedelta(hours=hours)
    async with database.transaction() as work:
        await work.session.execute(delete(IdempotencyKeyRow).where(old))


def _lock(who: Principal, key: str) -> int:
    """Returns a number for a key, as PostgreSQL's advisory locks want one."""
    digest = blake2b(f"idempotency {who.own_id} {key}".encode(), digest_size=LOCK_BYTES).digest()
    return int.from_bytes(digest, signed=True)
