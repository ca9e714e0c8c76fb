"""What people do with their accounts; the edge files only translate to and from it."""

from dataclasses import dataclass

from app.errors import Conflict
from app.errors import Unauthenticated
from app.identity import Identity
from app.identity import SessionToken
from app.identity import User
from app.principal import Principal
from app.principal import SessionId


@dataclass(frozen=True, slots=True)
class Browser:
    """What a person acts with: its description, and the session that it came with, if any."""

    device: str
    session_id: SessionId | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """A person who has just come in, and the token that their browser is to hold."""

    user: User
    token: SessionToken


async def sign_up(
    who: Principal, identity: Identity, *, email: str, name: str, password: str, browser: Browser
) -> Welcome:
    """Adds a person and signs them in.

    That an address is taken is told openly. Once new addresses are confirmed by e-mail, the answer
    can be the same for every address; until then only the rate limit slows a search for them.

    Raises:
        Conflict: somebody has that address already.
        Invalid: the address, the name or the password will not do.
    """
    user = await identity.create_user(email, name, password)
    return await _welcome(identity, user, browser)


async def sign_in(
    who: Principal, identity: Identity, *, email: str, password: str, browser: Browser
) -> Welcome:
    """Signs a person in; the session that the browser came with ends.

    Raises:
        Unauthenticated: the address or the password is wrong; which of them is not told.
    """
    user = await identity.authenticate(email, password)
    return await _welcome(identity, user, browser)


async def sign_out(who: Principal, identity: Identity) -> None:
    """Ends the caller's session; without one there is nothing to do."""
    if who.is_signed_in:
        await identity.sessions.end(who)


async def own_account(who: Principal, identity: Identity) -> User:
    """Returns the caller's own account.

    Raises:
        Unauthenticated: the account was disabled a moment ago.
    """
    user = await identity.find_user(who.own_id)
    if user is None:
        raise Unauthenticated("this account is not in use")
    return user


async def add_person_once(identity: Identity, *, email: str, name: str, password: str) -> None:
    """Adds a person unless somebody has the address."""
    try:
        await identity.create_user(email, name, password)
    except Conflict:
        return


async def _welcome(identity: Identity, user: User, browser: Browser) -> Welcome:
    token = await identity.sessions.begin(user, browser.device, replacing=browser.session_id)
    return Welcome(user, token)
