"""Asking for a permission, in services that serve people with roles."""

from app.errors import Forbidden
from app.principal import Principal


def require(who: Principal, permission: str) -> None:
    """Lets a caller with the permission pass.

    Raises:
        Forbidden: the caller has no role with it.
    """
    if not who.may(permission):
        raise Forbidden("this needs rights that you do not have")
