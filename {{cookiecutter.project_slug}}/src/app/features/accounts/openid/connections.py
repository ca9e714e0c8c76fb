"""Which accounts elsewhere are connected with whose here: made, ended, and told of."""

from collections.abc import Mapping

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.identity import Identity
from app.identity import audit
from app.identity import users
from app.identity.openid import Claims
from app.identity.openid import Link
from app.identity.openid import Provider
from app.identity.openid import links
from app.identity.sessions.announcing import forget_everywhere
from app.identity.sessions.hold import hold_session
from app.principal import Principal

LINKED_ELSEWHERE = "This account signs in somebody else here."


class Connections:
    """The accounts elsewhere that sign in people here."""

    def __init__(
        self, providers: Mapping[str, Provider], database: Database, identity: Identity
    ) -> None:
        self._providers = providers
        self._database = database
        self._identity = identity

    async def link(self, who: Principal, name: str, claims: Claims) -> None:
        """Has an account elsewhere sign in the caller from now on.

        Raises:
            Conflict: it signs in somebody else.
            NotFound: there is no such provider.
            Unauthenticated: the session has ended meanwhile.
        """
        if name not in self._providers:
            raise NotFound("there is no provider of this name")
        async with self._database.transaction() as work:
            await hold_session(work, who)
            owner = await links.add(work, name, claims, user_id=who.own_id)
            if owner != who.own_id:
                raise Conflict(LINKED_ELSEWHERE)
            await audit.record(work, "provider.linked", who=who, details={"provider": name})
            await self._tell(work, "provider.linked", who, name)

    async def unlink(self, who: Principal, name: str) -> None:
        """Ends that, and their other sessions, unless the caller could not come in any more.

        Whoever got in with the account elsewhere is out: which sessions it began is not kept.
        A provider that the settings name no longer is no way in, and may always go.

        Who has to have a second factor, and had that of the provider, is asked for one of ours.

        Raises:
            Conflict: it is the only way in.
            NotFound: nothing is connected.
            Unauthenticated: the session has ended meanwhile.
        """
        async with self._database.transaction() as work:
            await hold_session(work, who)
            mine = await links.held(work, who.own_id)  # two at once must not take both
            is_last = mine & self._providers.keys() == {name}
            if is_last and not await users.find_password_hash(work.session, who.own_id):
                raise Conflict("Choose a password first: this is your only way in.")
            if not await links.remove(work, name, user_id=who.own_id):
                raise NotFound("nothing is connected")
            ended = await self._identity.sessions.endings.end_others(work, who)
            await audit.record(work, "provider.unlinked", who=who, details={"provider": name})
            await self._tell(work, "provider.unlinked", who, name)
        await self._identity.sessions.endings.announce_end(ended)
        if self._identity.factors.is_required_of(who):
            sessions = self._identity.sessions
            await forget_everywhere(who.own_id, sessions.cache, sessions.endings.on_revoke)

    async def list(self, who: Principal) -> dict[str, Link]:
        """Returns what is connected, by the name of the provider."""
        async with self._database.reading() as session:
            return {link.provider: link for link in await links.list_of(session, who.own_id)}

    async def has(self, who: Principal, *, name: str) -> bool:
        """Tells whether a provider signs in the caller."""
        return name in await self.list(who)

    async def tell(self, who: Principal) -> str:
        """Says how things stand, in a few words."""
        connected = [
            self._providers[name].label for name in await self.list(who) if name in self._providers
        ]
        return ", ".join(connected) if connected else "None is connected"

    async def _tell(self, work: UnitOfWork, notice: str, who: Principal, name: str) -> None:
        label = self._providers[name].label if name in self._providers else name
        await self._identity.owner_notices.tell(work, notice, who.own_id, provider=label)
