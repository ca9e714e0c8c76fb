"""Who is calling: the value that every service function takes first."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from typing import NewType
from uuid import UUID

from app.roles import ADMINISTRATOR
from app.roles import permits

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
TokenId = NewType("TokenId", UUID)
MachineId = NewType("MachineId", UUID)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: a person with a session, a machine, the service itself, or nobody in particular.

    ``session_id`` names the server-side session that vouches for a person, so that what belongs to
    a session (a socket, say) can end with it. ``authenticated_at`` is when the person last proved
    who they are. A program with an API token has ``token_id`` in place of a session, and may do
    what its ``scopes`` say and no more; None is no limit. A machine is something that connects by
    itself, with a token of the feature that knows it: it is nobody's stand-in, so it has no
    ``user_id``, and it is never signed in; ``owner_id`` is whose it is, to be looked at again when
    something ends for them. A guest is whoever holds a link that somebody gave away:
    the link is its ``token_id``, and it is nobody else. Whoever is ``enrolling`` has shown who they
    are, and has to set up a second factor before they are signed in: until then they have no roles.
    """

    kind: Literal["anonymous", "user", "enrolling", "machine", "guest", "system"]
    user_id: UserId | None = None
    session_id: SessionId | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    authenticated_at: datetime | None = None
    token_id: TokenId | None = None
    scopes: frozenset[str] | None = None
    machine_id: MachineId | None = None
    owner_id: UserId | None = None

    @property
    def is_admin(self) -> bool:
        """Whether this is an administrator, or the service itself."""
        return ADMINISTRATOR in self.roles

    def may(self, permission: str) -> bool:
        """Returns whether one of the caller's roles has the permission; see ``app.roles``."""
        return permits(self.roles, permission)

    @property
    def is_signed_in(self) -> bool:
        """Whether a person is behind this to whom nothing is closed but by their rights."""
        return self.kind == "user"

    @property
    def is_enrolling(self) -> bool:
        """Whether a person is behind this who has to set up a second factor, and may do no more."""
        return self.kind == "enrolling"

    @property
    def is_person(self) -> bool:
        """Whether a person is behind this, let in already or on the way."""
        return self.is_signed_in or self.is_enrolling

    @property
    def is_known(self) -> bool:
        """Whether credentials vouch for this: those of a person or a machine, or a link."""
        return self.kind in {"user", "machine", "guest"}

    @property
    def known_id(self) -> UUID:
        """The id of the person or the machine that this is, or of the link that a guest holds.

        Raises:
            LookupError: it is none of them.
        """
        found = self.user_id or self.machine_id or self.token_id
        if found is None:
            raise LookupError("this principal is neither a person nor a machine nor a guest")
        return found

    def in_scope(self, scope: str | None) -> bool:
        """Tells whether a limit by scopes lets the caller do what is declared to need ``scope``.

        Without limit, everything; with one, nothing that declares no scope.
        """
        return self.scopes is None or scope in self.scopes

    @property
    def own_id(self) -> UserId:
        """The id of the person behind this.

        Raises:
            LookupError: nobody is signed in; guards exclude that before a service is called.
        """
        if self.user_id is None:
            raise LookupError("an anonymous principal has no user id")
        return self.user_id


@lru_cache(maxsize=4_096)
def id_text(id_: UUID) -> str:
    """Returns an id as text: limits and the log ask for that of the caller in each request."""
    return str(id_)


ANONYMOUS = Principal(kind="anonymous", name="anonymous")
SYSTEM = Principal(kind="system", name="system", roles=frozenset({ADMINISTRATOR}))
