"""The second factor: codes of an authenticator app, and the second step of signing in."""

from functools import partial

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.second_factor import new_phone
from app.features.accounts.second_factor import pages
from app.features.accounts.second_factor import routes
from app.features.accounts.second_factor import sign_in
from app.features.accounts.security.pages import URL as SECURITY_URL
from app.identity import Identity
from app.principal import Principal
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches pages and routes, and a line to the security section."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(new_phone.blueprint)
    app.register_blueprint(sign_in.blueprint)
    app.register_blueprint(routes.blueprint)
    account_of(app).add_entry(
        SECURITY_URL,
        "Second factor",
        pages.URL,
        order=30,
        action="Manage",
        state=partial(_tell, resources.identity),
    )


async def _tell(identity: Identity, who: Principal) -> str:
    state = await identity.factors.state(who.own_id)
    if not state.is_on:
        return "Off: your password alone signs you in"
    return f"On, with {state.codes_left} recovery codes left"
