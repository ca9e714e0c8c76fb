"""Who is calling: the value that every service function takes first."""

from dataclasses import dataclass
from typing import Literal
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: a person with a session, the service itself, or nobody in particular.

    ``session_id`` names the server-side session that vouches for a person, so that what belongs to
    a session (a socket, say) can end with it.
    """

    kind: Literal["anonymous", "user", "system"]
    user_id: UserId | None = None
    session_id: SessionId | None = None
    name: str = ""
    is_admin: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether a person is behind this."""
        return self.kind == "user"

    @property
    def own_id(self) -> UserId:
        """The id of the person behind this.

        Raises:
            LookupError: nobody is signed in; guards exclude that before a service is called.
        """
        if self.user_id is None:
            raise LookupError("an anonymous principal has no user id")
        return self.user_id


ANONYMOUS = Principal(kind="anonymous", name="anonymous")
SYSTEM = Principal(kind="system", name="system", is_admin=True)
