"""Own dashboards: panels that a person has put together, and links that show them to others."""

from functools import partial

from quart import Quart

from app.features.dashboards.boards import pages
from app.features.dashboards.boards import routes
from app.features.dashboards.boards import sharing
from app.features.dashboards.boards.live import LivePublisher
from app.features.dashboards.boards.live import shared_namespace
from app.features.dashboards.figures import Figures
from app.identity.audit.events import describe_events
from app.resources import Resources


def register(app: Quart, resources: Resources, figures: Figures) -> None:
    """Attaches routes, pages and the topic; lets guests in; publishes what they look at."""
    describe_events(sharing.EVENTS)
    resources.identity.guests.add(sharing.PREFIX, partial(sharing.find_guest, resources.database))
    resources.realtime.declare(shared_namespace(resources.database))
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    figures.on_sample(LivePublisher(resources.database, resources.realtime).see)
