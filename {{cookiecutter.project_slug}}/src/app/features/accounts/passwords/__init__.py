"""Passwords: a new one for who forgot theirs, and another for who has one."""

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.passwords import pages
from app.features.accounts.passwords import routes
from app.features.accounts.security.pages import URL as SECURITY
from app.principal import Principal
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the pages, the REST routes and a line of the security section."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)

    async def state(who: Principal) -> str:
        return "Set" if await resources.identity.keys.has_password(who) else "You have none"

    account_of(app).add_entry(
        SECURITY, "Password", pages.URL, order=10, state=state, action="Change"
    )
