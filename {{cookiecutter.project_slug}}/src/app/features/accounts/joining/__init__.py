"""Joining: a form, a letter, and the page that its link opens."""

from quart import Quart

from app.features.accounts.joining import pages
from app.features.accounts.joining import routes
from app.resources import Resources


def register(app: Quart, resources: Resources) -> None:
    """Attaches the pages and the REST routes."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)
