"""Puts the HTTP edge on an application: the one call that `app.factory` makes."""

from quart import Quart

from app.identity import Identity
from app.settings import Settings
from app.web.health import Health
from app.web.navigation import Navigation


def install(
    app: Quart,
    *,
    settings: Settings,
    identity: Identity,
    health: Health,
    navigation: Navigation,
) -> None:
    """Attaches everything that requests pass on their way to a view and back."""
