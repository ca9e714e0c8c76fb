"""What a proof leads to, and the ways of proving it that other parts bring."""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from quart import Quart
from quart import current_app

from app.identity.browsers.interface import adopt_session
from app.principal import Principal
from app.resources import current_resources
from app.web import current_principal

EXTENSION = "reauthentication_ways"


IsOpen = Callable[[Principal], Awaitable[bool]]


async def to_everybody(who: Principal) -> bool:
    """Opens a way to whoever is signed in."""
    return True


@dataclass(frozen=True, slots=True)
class Way:
    """A link on the page; ``url`` gets ``?next=`` with where to go on."""

    label: str
    url: str
    is_open: IsOpen


def offer(app: Quart, label: str, url: str, *, is_open: IsOpen = to_everybody) -> None:
    """Adds another way than the password: the sign-in of a provider, say, to whom it is open."""
    cast("list[Way]", app.extensions.setdefault(EXTENSION, [])).append(Way(label, url, is_open))


async def ways_of(who: Principal) -> list[Way]:
    """Returns the ways that are open to somebody."""
    offered = cast("list[Way]", current_app.extensions.get(EXTENSION, []))
    return [way for way in offered if await way.is_open(who)]


async def adopt_proof() -> None:
    """Notes that the caller has proved who they are; their session goes on with a new token.

    Raises:
        Unauthenticated: the session has ended meanwhile.
        Unavailable: PostgreSQL is away.
    """
    proofs = current_resources().identity.sessions.proofs
    await adopt_session(await proofs.renew(current_principal()))


async def adopt_change() -> None:
    """Gives the caller's session a new token after a change that proved nothing by itself.

    The last proof stays as old as it was: or one would last for as long as changes are made.

    Raises:
        Unauthenticated: the session has ended meanwhile.
        Unavailable: PostgreSQL is away.
    """
    proofs = current_resources().identity.sessions.proofs
    await adopt_session(await proofs.rotate(current_principal()))


async def adopt_password() -> None:
    """Gives the caller's session a new token after their password alone was right.

    That is a proof for those who have no second factor, and for the others it is half of one.

    Raises:
        Unauthenticated: the session has ended meanwhile.
        Unavailable: PostgreSQL is away.
    """
    who, identity = current_principal(), current_resources().identity
    if (await identity.factors.state(who.own_id)).is_on:
        await adopt_change()
    else:
        await adopt_proof()
