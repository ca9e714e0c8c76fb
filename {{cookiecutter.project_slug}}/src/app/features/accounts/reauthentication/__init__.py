"""Proving again who one is, before what an open laptop or a stolen session must not be enough for.

Views ask for it with ``@recently_signed_in``; what proves it is the password, and the second factor
where there is one. Who has no password proves it where they signed in: the part that brings such a
way in offers it here with ``offer(app, "Continue with ...", url)``, and calls ``adopt_proof`` when
its visitor is back.
"""

from quart import Quart

from app.features.accounts.reauthentication import pages
from app.features.accounts.reauthentication import routes
from app.features.accounts.reauthentication.ways import adopt_proof
from app.features.accounts.reauthentication.ways import offer
from app.resources import Resources

__all__ = ["adopt_proof", "offer", "register"]


def register(app: Quart, resources: Resources) -> None:
    """Attaches the page and the REST route."""
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)
