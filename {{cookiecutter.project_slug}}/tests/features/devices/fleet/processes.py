"""Processes of the service as far as it matters which devices are connected to them."""

from uuid import UUID

from quart import Quart

from app.features.devices.fleet.counting import LiveCounts
from app.features.devices.fleet.sightings import Sightings
from app.resources import resources_of


class Process:
    """One of them; ``here`` is connected to it, and it looks when it is told to."""

    def __init__(self, app: Quart, *here: UUID) -> None:
        resources = resources_of(app)
        self.here = set(here)
        self.counts = LiveCounts(resources.database, resources.realtime.publish)
        self.sightings = Sightings(resources.database, lambda: self.here, self.counts)
