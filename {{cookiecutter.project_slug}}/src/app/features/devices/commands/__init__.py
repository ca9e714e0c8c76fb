"""Commands: sent by an owner, fetched and answered by a device, ended in time by a job."""

from quart import Quart

from app.features.devices.settings import DevicesSettings
from app.resources import Resources

from . import methods
from . import routes
from . import upkeep


def register(app: Quart, resources: Resources, settings: DevicesSettings) -> None:
    """Attaches the routes, what devices may call, and the upkeep."""
    methods.declare(resources)
    upkeep.keep_up(resources.database, resources.jobs, settings)
    app.register_blueprint(routes.blueprint)
