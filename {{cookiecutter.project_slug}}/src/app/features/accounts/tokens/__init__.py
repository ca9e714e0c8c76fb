"""API tokens: what a person gives a program instead of their password."""

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.tokens import pages
from app.features.accounts.tokens import routes
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the section of the account and the REST routes; has tokens let in."""
    identity = resources.identity
    identity.bearers.add(identity.tokens.prefix, identity.tokens.find)
    identity.scopes.add("account:read", "See your name and your e-mail address")
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)
    account_of(app).add(
        "API tokens", pages.URL, order=40, description="What your programs sign in with"
    )
