"""What comes of a browser that is back from a provider.

1. The account there is known here: its person is signed in.
2. Nobody here has its address, and the provider has verified it: a new person.
3. Somebody here has that address: they sign in as before and connect the two themselves. Two
   accounts are never joined by what an address says alone: whoever had it before, or gets it
   next, would be in.
"""

from dataclasses import dataclass
from typing import cast

from quart import current_app

from app.database import Database
from app.errors import Conflict
from app.errors import Forbidden
from app.errors import Invalid
from app.errors import NotFound
from app.errors import SecondFactorNeeded
from app.errors import Unauthenticated
from app.features.accounts.openid.connections import Connections
from app.features.accounts.service import Browser
from app.features.accounts.service import Welcome
from app.features.accounts.service import welcome
from app.identity import Identity
from app.identity import User
from app.identity import audit
from app.identity import users
from app.identity.openid import Claims
from app.identity.openid import Flow
from app.identity.openid import Flows
from app.identity.openid import Provider
from app.identity.openid import links
from app.identity.openid.flows import Begun
from app.identity.openid.flows import Purpose
from app.principal import ANONYMOUS
from app.principal import Principal
from app.settings import Settings

EXTENSION = "openid"
# No password has this hash: who came with a provider chooses one with a letter, or never.
NO_PASSWORD_HASH = ""
NOT_VERIFIED = "The provider has not verified your e-mail address, so it cannot be taken over."
TAKEN = (
    "There is an account with this address already. "
    "Sign in as you used to, then connect the two under Security."
)
NOT_CONNECTED = "That was another account than the one that is connected."


@dataclass(frozen=True, slots=True)
class Returned:
    """A browser that is back, what it wanted, and what the provider says."""

    flow: Flow
    claims: Claims


class OpenId:
    """The providers of the settings, and what people do with their accounts there."""

    def __init__(self, settings: Settings, database: Database, identity: Identity) -> None:
        self.providers = {
            one.name: Provider(
                one,
                redirect_uri=f"{settings.public_url}/sign-in/with/{one.name}/callback",
                timeout_seconds=settings.openid.timeout_seconds,
            )
            for one in settings.openid.providers
        }
        self.flows = Flows(database)
        self.connections = Connections(self.providers, database, identity)
        self._database = database
        self._identity = identity

    def provider(self, name: str) -> Provider:
        """Returns a provider.

        Raises:
            NotFound: the settings have none of this name.
        """
        if name not in self.providers:
            raise NotFound("there is no provider of this name")
        return self.providers[name]

    async def leave(
        self, who: Principal, name: str, purpose: Purpose, *, goal: str
    ) -> tuple[str, Begun]:
        """Returns where to send the browser, and the secrets of the way back.

        Raises:
            NotFound: there is no such provider.
            Unavailable: the provider is away, or PostgreSQL is.
        """
        provider = self.provider(name)
        begun = await self.flows.begin(name, purpose, user_id=who.user_id, goal=goal)
        url = await provider.authorization_url(
            state=begun.state, nonce=begun.nonce, verifier=begun.verifier
        )
        return url, begun

    async def come_back(
        self, who: Principal, name: str, *, state: str, browser: str, code: str
    ) -> Returned:
        """Takes the flow, once, and asks the provider who this is.

        Raises:
            Refused: something of it is not right.
            Unavailable: the provider is away.
        """
        provider = self.provider(name)
        flow = await self.flows.take(name, state=state, browser=browser)
        if flow.user_id != who.user_id:  # somebody else has signed in meanwhile, or nobody is
            raise Forbidden("somebody else is signed in by now")
        claims = await provider.redeem(code, nonce=flow.nonce, verifier=flow.verifier)
        return Returned(flow, claims)

    async def sign_in(self, name: str, claims: Claims, *, browser: Browser) -> Welcome:
        """Signs in whoever the account belongs to, or adds them.

        Raises:
            Conflict: somebody here has the address, and has not connected the two.
            Forbidden: the person is disabled, or the provider has not verified the address.
        """
        async with self._database.reading() as session:
            owner = await links.owner_of(session, name, claims.subject)
        if owner is None:
            user = await self._add(name, claims)
        else:
            found = await self._identity.find_user(owner)
            if found is None:
                raise Forbidden("this account is not in use")
            user = found
        seen = self.provider(name).factor_seen(claims)
        return await welcome(self._identity, user, browser, factor_provider=seen)

    async def prove(self, who: Principal, name: str, claims: Claims) -> None:
        """Returns when an account elsewhere is the caller's, which proves again who they are.

        Raises:
            Forbidden: it is not.
            SecondFactorNeeded: it is, and the caller has a second factor to prove as well.
        """
        async with self._database.reading() as session:
            if await links.owner_of(session, name, claims.subject) != who.own_id:
                raise Forbidden(NOT_CONNECTED)
            user = await users.find_user(session, who.own_id)
        if user and (await self._identity.factors.state(user.id)).is_on:
            half_proof = await self._identity.half_sign_ins.begin(user)
            raise SecondFactorNeeded("a code is still to come", half_sign_in=half_proof)

    async def finish_proof(self, who: Principal, *, half_proof: str, code: str) -> None:
        """Returns when the code completes what `prove` began.

        Raises:
            WrongCode: it is not right; it may be tried again.
            Unauthenticated: it is too late, or the proof was somebody else's.
        """
        half_sign_ins = self._identity.half_sign_ins
        user = await half_sign_ins.claim(half_proof)
        if user.id != who.own_id:
            raise Unauthenticated("somebody else is signed in by now")
        await half_sign_ins.finish(half_proof, user, code)

    async def _add(self, name: str, claims: Claims) -> User:
        if not claims.email or not claims.email_verified:
            raise Forbidden(NOT_VERIFIED)
        try:
            async with self._database.transaction() as work:
                user = await users.create_user(
                    work,
                    email=claims.email,
                    name=_name_of(claims),
                    password_hash=NO_PASSWORD_HASH,
                )
                await links.add(work, name, claims, user_id=user.id)
                details = {"provider": name}
                await audit.record(
                    work, "account.created", who=ANONYMOUS, subject=user.id, details=details
                )
                return user
        except Conflict as error:
            raise Conflict(TAKEN) from error
        except Invalid as error:
            raise Forbidden("the provider tells an address or a name that cannot be") from error


def _name_of(claims: Claims) -> str:
    try:
        return users.clean_name(claims.name[: users.NAME_MAX_CHARACTERS])
    except Invalid:
        return users.clean_name(claims.email.partition("@")[0][: users.NAME_MAX_CHARACTERS])


def current_openid() -> OpenId:
    """Returns the providers of the application that handles the current request."""
    return cast("OpenId", current_app.extensions[EXTENSION])
