"""Roles are sets of permissions, declared here and nowhere else; code asks for permissions.

Everybody who has signed up may do what members may: that is no role but the guard ``signed_in``.
What somebody may do with one room or one post is the business of that feature's policy.
"""

from collections.abc import Collection

READ_ADMINISTRATION = "administration.read"
CHANGE_ADMINISTRATION = "administration.change"

AUDITOR = "auditor"
ADMINISTRATOR = "administrator"

ROLES: dict[str, frozenset[str]] = {
    AUDITOR: frozenset({READ_ADMINISTRATION}),
    ADMINISTRATOR: frozenset({READ_ADMINISTRATION, CHANGE_ADMINISTRATION}),
}


def permits(roles: Collection[str], permission: str) -> bool:
    """Returns whether any of the roles has the permission; a role of a newer version has none."""
    return any(permission in ROLES.get(role, frozenset()) for role in roles)
