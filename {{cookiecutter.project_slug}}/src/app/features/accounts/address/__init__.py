"""The e-mail address of an account, and another one in its place."""

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.address import pages
from app.features.accounts.address import routes
from app.features.accounts.security.pages import URL as SECURITY
from app.principal import Principal
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the pages, the REST routes and a line of the security section."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)

    async def state(who: Principal) -> str:
        user = await resources.identity.find_user(who.own_id)
        return user.email if user else ""

    account_of(app).add_entry(
        SECURITY, "E-mail address", pages.URL, order=20, state=state, action="Change"
    )
