"""Sessions: where a person is signed in, and ending that."""

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.sessions import pages
from app.features.accounts.sessions import routes
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the section of the account and the REST routes."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)
    account_of(app).add("Sessions", pages.URL, order=30, description="Where you are signed in")
