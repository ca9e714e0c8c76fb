"""The shadow of a device: what is desired of it and what it reports, which come to agree."""

from quart import Quart

from app.resources import Resources

from . import methods
from . import routes


def register(app: Quart, resources: Resources) -> None:
    """Attaches the routes and what devices may call."""
    methods.declare(resources)
    app.register_blueprint(routes.blueprint)
