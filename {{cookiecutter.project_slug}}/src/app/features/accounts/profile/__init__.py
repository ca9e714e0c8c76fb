"""The profile: what others see of a person."""

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.profile import pages
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the section of the account."""
    app.register_blueprint(pages.blueprint)
    account_of(app).add("Profile", pages.URL, order=10, description="Your name, as others see it")
