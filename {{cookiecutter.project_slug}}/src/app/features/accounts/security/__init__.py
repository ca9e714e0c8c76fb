"""Security: how a person proves who they are. Other parts add their lines to this section."""

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.security import pages
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the section of the account."""
    app.register_blueprint(pages.blueprint)
    account_of(app).add(
        "Security", pages.URL, order=20, description="How you sign in, and what protects it"
    )
