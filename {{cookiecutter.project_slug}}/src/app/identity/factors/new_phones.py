"""A new phone: its secret takes the place of the present one, with no moment between without any.

    secret = await new_phones.begin(who)             # to be shown; the old phone still counts
    codes = await new_phones.finish(who, "492039")   # from now on the new one does, alone

So whoever has to have a second factor changes phones by themselves, though they may not take it
away. Until a code proves that the new phone has the secret, it waits apart and opens nothing.
"""

from collections.abc import Callable
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Unauthenticated
from app.identity import audit
from app.identity.factors import recovery_codes
from app.identity.factors import totp
from app.identity.factors.sealed_secrets import FactorSecrets
from app.identity.factors.service import WrongCode
from app.identity.owner_notices import OwnerNotices
from app.identity.sessions.hold import hold_session
from app.identity.sessions.service import Sessions
from app.identity.tables import FactorRow
from app.identity.tables import PendingFactorRow
from app.principal import Principal
from app.principal import SessionId

# As long as the proof of who somebody is, that comes before: a secret left on a screen is no key.
WAITING_SECONDS = 900


class NothingWaits(WrongCode):
    """No secret waits for a code of this session, or it has waited too long: begin anew."""


class NewPhones:
    """The changes of phone that are under way."""

    def __init__(
        self,
        database: Database,
        secret_keys: str,
        sessions: Sessions,
        notices: OwnerNotices,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._secrets = FactorSecrets(secret_keys)
        self._sessions = sessions
        self._notices = notices
        self._now = now

    async def begin(self, who: Principal) -> str:
        """Returns the secret for the caller's new phone, in base32; the same for 15 minutes.

        Raises:
            Conflict: there is no second factor that it could take the place of.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away, or the service has no key to seal the secret with.
        """
        session_id, now = _session_of(who), self._now()
        fresh = {
            "sealed_secret": self._secrets.seal(totp.new_secret(), about=_about(who)),
            "expires_at": now + timedelta(seconds=WAITING_SECONDS),
        }
        added = insert(PendingFactorRow).values(session_id=session_id, user_id=who.own_id, **fresh)
        begun = added.on_conflict_do_update(
            index_elements=[PendingFactorRow.session_id],
            set_=fresh,
            where=PendingFactorRow.expires_at <= now,
        )
        async with self._database.transaction() as work:
            await _hold(work, who)
            await work.session.execute(begun)
            return await self._waiting(work, who, now=now)

    async def finish(self, who: Principal, code: str) -> Sequence[str]:
        """Puts the new phone in the place of the old one if the code is of it; ends other sessions.

        Returns new recovery codes. Those from before are void: where the old phone is, they may be.

        Raises:
            NothingWaits: there is no secret of this session, or it is too old.
            WrongCode: the code is not of the new phone.
            Conflict: there is no second factor any more.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away, or a key is missing.
        """
        now = self._now()
        async with self._database.transaction() as work:
            await _hold(work, who)
            secret = await self._waiting(work, who, now=now)
            step = totp.step_of(secret, code, now=now)
            if step == totp.NO_STEP:
                raise WrongCode("this code is not of the new phone")
            # Its code is used up with this: the step is noted, as after a sign-in.
            sealed = self._secrets.seal(secret, about=who.own_id.bytes)
            replaced = update(FactorRow).where(FactorRow.user_id == who.own_id)
            await work.session.execute(replaced.values(sealed_secret=sealed, last_step=step))
            codes = await recovery_codes.make(work, who.own_id)
            ended = await self._sessions.endings.end_others(work, who)
            over = delete(PendingFactorRow).where(PendingFactorRow.user_id == who.own_id)
            await work.session.execute(over)
            await audit.record(work, "factor.replaced", who=who)
            await self._notices.tell(work, "factor.replaced", who.own_id)
        await self._sessions.endings.announce_end(ended)
        return codes

    async def delete_expired(self) -> None:
        """Removes the secrets that nobody took; for a schedule to call."""
        async with self._database.transaction() as work:
            old = PendingFactorRow.expires_at <= self._now()
            await work.session.execute(delete(PendingFactorRow).where(old))

    async def _waiting(self, work: UnitOfWork, who: Principal, *, now: datetime) -> str:
        mine = select(PendingFactorRow.sealed_secret).where(
            PendingFactorRow.session_id == who.session_id,
            PendingFactorRow.user_id == who.own_id,
            PendingFactorRow.expires_at > now,
        )
        sealed = (await work.session.scalars(mine)).one_or_none()
        if sealed is None:
            raise NothingWaits("begin anew")
        return self._secrets.open(sealed, about=_about(who))


async def _hold(work: UnitOfWork, who: Principal) -> None:
    """Has all changes of a person's phone come one after the other, each of a session that is."""
    await hold_session(work, who)
    known = select(FactorRow.user_id).where(FactorRow.user_id == who.own_id)
    known = known.where(FactorRow.confirmed_at.is_not(None)).with_for_update()
    if (await work.session.scalars(known)).one_or_none() is None:
        raise Conflict("there is no second factor")


def _session_of(who: Principal) -> SessionId:
    if who.session_id is None:
        raise Unauthenticated("no session vouches for the caller")
    return who.session_id


def _about(who: Principal) -> bytes:
    # Neither another session's nor the present secret's: a row that was moved opens nothing.
    return b"new phone" + who.own_id.bytes + _session_of(who).bytes
