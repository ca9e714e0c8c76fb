"""Who may do what in a room: pure functions of a role and of whose thing it is.

Whether a stranger may know of a room at all is decided in ``standing``, where rooms are looked up.
"""

from typing import Literal

from app.principal import Principal
from app.principal import UserId

Role = Literal["owner", "moderator", "member"]

_RANK: dict[Role, int] = {"member": 1, "moderator": 2, "owner": 3}


def may_edit(who: Principal, *, author_id: UserId) -> bool:
    """Tells whether ``who`` may change the text of a message: only its author may."""
    return who.user_id == author_id


def may_delete(who: Principal, *, role: Role, author_id: UserId) -> bool:
    """Tells whether ``who``, with ``role`` in the room, may delete a message."""
    return who.user_id == author_id or _RANK[role] >= _RANK["moderator"]


def may_invite(role: Role) -> bool:
    """Tells whether ``role`` may bring others into the room."""
    return _RANK[role] >= _RANK["moderator"]


def may_govern(role: Role) -> bool:
    """Tells whether ``role`` may rename or delete the room and give out roles."""
    return role == "owner"


def may_remove(role: Role, *, other: Role) -> bool:
    """Tells whether ``role`` may put somebody with the role ``other`` out of the room."""
    return _RANK[role] >= _RANK["moderator"] and _RANK[role] > _RANK[other]


def leaves_no_owner(role: Role, *, other_owners: int) -> bool:
    """Tells whether the room would lose its last owner if one with ``role`` gave it up."""
    return role == "owner" and other_owners == 0
