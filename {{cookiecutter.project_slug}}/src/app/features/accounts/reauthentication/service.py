"""Judging a proof of who somebody is."""

from dataclasses import dataclass

from app.errors import RecentSignInNeeded
from app.identity import Identity
from app.principal import Principal


@dataclass(frozen=True, slots=True)
class Proofs:
    """What somebody can type to prove who they are; with neither they sign in elsewhere."""

    has_password: bool
    has_factor: bool

    def __bool__(self) -> bool:
        return self.has_password or self.has_factor


async def proofs_of(who: Principal, identity: Identity) -> Proofs:
    """Returns what the caller can type.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    has_factor = (await identity.factors.state(who.own_id)).is_on
    return Proofs(has_password=await identity.keys.has_password(who), has_factor=has_factor)


async def prove(who: Principal, identity: Identity, *, password: str, code: str) -> None:
    """Returns when the caller has proved who they are, with all that they sign in with.

    Raises:
        WrongCode: the code of the second factor is wrong.
        Unauthenticated: the password is wrong, or there is nothing that could be proved here.
        Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
    """
    can = await proofs_of(who, identity)
    # Who has neither signs in elsewhere; the check refuses them after the usual time.
    if can.has_password or not can:
        await identity.keys.check(who, password)
    if can.has_factor:
        await identity.factors.check(who, who.own_id, code)


async def prove_now(who: Principal, identity: Identity, *, password: str, code: str) -> None:
    """Returns when a form brings such a proof itself, however recent the last one is.

    Who has nothing to type has proved it a short while ago, where they sign in.

    Raises:
        RecentSignInNeeded: they have not.
        WrongCode: the code of the second factor is wrong.
        Unauthenticated: the password is wrong.
        Unavailable: PostgreSQL is away, or too many passwords wait to be checked.
    """
    if await proofs_of(who, identity):
        await prove(who, identity, password=password, code=code)
    elif not identity.is_recent(who):
        raise RecentSignInNeeded("prove again who you are")
