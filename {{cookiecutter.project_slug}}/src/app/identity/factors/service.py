"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes.

    enrolment = await factors.enrol(who)           # to be shown as a QR code
    codes = await factors.confirm(who, "492039")   # from now on the sign-in asks for a code
    await factors.check(user_id, "120934")         # a code, or a recovery code

Codes last 30 seconds, and one step before and after are taken, for clocks that differ. Each step is
taken once and none before it, so that a code seen over a shoulder is worth nothing.
"""

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import delete
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Unauthenticated
from app.identity import audit
from app.identity.factor_duty import NO_DUTY
from app.identity.factor_duty import FactorDuty
from app.identity.factors import recovery_codes
from app.identity.factors import totp
from app.identity.factors.sealed_secrets import FactorSecrets
from app.identity.owner_notices import OwnerNotices
from app.identity.sessions.hold import hold_session
from app.identity.tables import FactorRow
from app.identity.tables import PendingFactorRow
from app.identity.users import hold_account
from app.principal import Principal
from app.principal import UserId

PENDING_SECONDS = 3600


class WrongCode(Unauthenticated):
    """The code is not right, was used already, or is too old."""


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether a person has a second factor, and how many recovery codes are left."""

    is_on: bool
    codes_left: int = 0


class Factors:
    """The second factors of all people."""

    def __init__(
        self,
        database: Database,
        secret_keys: str,
        notices: OwnerNotices,
        *,
        duty: FactorDuty = NO_DUTY,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._secrets = FactorSecrets(secret_keys)
        self._notices = notices
        self._duty = duty
        self._now = now

    def is_required_of(self, who: Principal) -> bool:
        """Tells whether a caller who is signed in has to have one, so that it cannot be removed."""
        return who.is_enrolling or self._duty.binds(who.roles)

    async def state(self, owner: UserId) -> FactorState:
        """Returns how things stand for a person.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        async with self._database.reading() as session:
            row = await _confirmed(session, owner)
            if row is None:
                return FactorState(is_on=False)
            return FactorState(is_on=True, codes_left=await recovery_codes.left(session, owner))

    async def enrol(self, who: Principal) -> str:
        """Returns the secret for the caller's app, in base32; the same for an hour.

        A secret that somebody saw on this screen long ago is never the one that is put to use, nor
        one that another session was shown: whoever has got in with the password would have it, too.

        Raises:
            Conflict: there is a confirmed one.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away, or the service has no key to seal the secret with.
        """
        now = self._now()
        sealed = self._secrets.seal(totp.new_secret(), about=who.own_id.bytes)
        fresh = {"sealed_secret": sealed, "created_at": now, "shown_to": who.session_id}
        is_stale = FactorRow.created_at < now - timedelta(seconds=PENDING_SECONDS)
        is_elsewhere = FactorRow.shown_to.is_distinct_from(who.session_id)
        added = insert(FactorRow).values(user_id=who.own_id, **fresh)
        begun = added.on_conflict_do_update(
            index_elements=[FactorRow.user_id],
            set_=fresh,
            where=and_(FactorRow.confirmed_at.is_(None), or_(is_stale, is_elsewhere)),
        )
        async with self._database.transaction() as work:
            await hold_session(work, who)
            await work.session.execute(begun)
            row = (await work.session.scalars(_of(who.own_id))).one()
            if row.confirmed_at is not None:
                raise Conflict("there is a second factor already")
            return self._open(row)

    async def confirm(self, who: Principal, code: str) -> Sequence[str]:
        """Puts the factor to use if the code shows that the app has it; returns recovery codes.

        Raises:
            WrongCode: it does not.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        async with self._database.transaction() as work:
            await hold_session(work, who)
            row = (await work.session.scalars(_of(who.own_id).with_for_update())).one_or_none()
            if row is None or row.confirmed_at is not None or row.shown_to != who.session_id:
                raise WrongCode("there is nothing to confirm")
            await self._take(work, row, code)
            confirmed = update(FactorRow).where(FactorRow.user_id == who.own_id)
            await work.session.execute(confirmed.values(confirmed_at=self._now()))
            codes = await recovery_codes.make(work, who.own_id)
            await audit.record(work, "factor.enrolled", who=who)
            await self._notices.tell(work, "factor.enrolled", who.own_id)
        return codes

    async def check(self, who: Principal, owner: UserId, code: str) -> None:
        """Takes a code of the person's app, or a recovery code; either works once.

        Raises:
            WrongCode: it is neither, or it was taken before.
            Unavailable: PostgreSQL is away.
        """
        async with self._database.transaction() as work:
            row = await _confirmed(work.session, owner)
            if row is None:
                raise WrongCode("there is no second factor")
            if not recovery_codes.looks_like_one(code):
                await self._take(work, row, code)
            elif await recovery_codes.use(work, owner, code):
                await audit.record(work, "recovery_code.used", who=who, subject=owner)
                left = str(await recovery_codes.left(work.session, owner))
                await self._notices.tell(work, "recovery_code.used", owner, codes_left=left)
            else:
                raise WrongCode("this recovery code is not right, or was used")

    async def new_codes(self, who: Principal) -> Sequence[str]:
        """Returns ten new recovery codes; the old ones are void.

        Raises:
            Conflict: there is no second factor.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        async with self._database.transaction() as work:
            await hold_session(work, who)
            if await _confirmed(work.session, who.own_id) is None:
                raise Conflict("there is no second factor")
            await audit.record(work, "recovery_codes.made", who=who)
            await self._notices.tell(work, "recovery_codes.made", who.own_id)
            return await recovery_codes.make(work, who.own_id)

    async def remove(self, who: Principal, owner: UserId) -> None:
        """Takes a person's second factor away; without one nothing happens.

        Raises:
            Conflict: the person has to have one, and wants to take away their own.
            Unauthenticated: they want to, and their session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        is_own = owner == who.user_id
        if is_own and self.is_required_of(who):
            raise Conflict("a second factor is required of you")
        async with self._database.transaction() as work:
            await (hold_session(work, who) if is_own else hold_account(work, owner))
            removed = delete(FactorRow).where(FactorRow.user_id == owner)
            gone = await work.session.scalars(removed.returning(FactorRow.user_id))
            if gone.one_or_none() is not None:
                await recovery_codes.void(work, owner)
                waiting = delete(PendingFactorRow).where(PendingFactorRow.user_id == owner)
                await work.session.execute(waiting)
                await audit.record(work, "factor.removed", who=who, subject=owner)
                await self._notices.tell(work, "factor.removed", owner)

    async def _take(self, work: UnitOfWork, row: FactorRow, code: str) -> None:
        step = totp.step_of(self._open(row), code, now=self._now())
        # One statement, so that of many tries at once with the same code one is taken.
        taken = update(FactorRow).where(
            FactorRow.user_id == row.user_id, FactorRow.last_step < step
        )
        values = {"last_step": step, "sealed_secret": self._sealed_anew(row)}
        changed = await work.session.scalars(taken.values(values).returning(FactorRow.user_id))
        if changed.one_or_none() is None:
            raise WrongCode("this code is not right, or was used")

    def _open(self, row: FactorRow) -> str:
        return self._secrets.open(row.sealed_secret, about=row.user_id.bytes)

    def _sealed_anew(self, row: FactorRow) -> bytes:
        if not self._secrets.is_old(row.sealed_secret):
            return row.sealed_secret
        return self._secrets.seal(self._open(row), about=row.user_id.bytes)


def _of(owner: UserId) -> Select[FactorRow]:
    return select(FactorRow).where(FactorRow.user_id == owner)


async def _confirmed(session: AsyncSession, owner: UserId) -> FactorRow | None:
    known = _of(owner).where(FactorRow.confirmed_at.is_not(None))
    return (await session.scalars(known)).one_or_none()
