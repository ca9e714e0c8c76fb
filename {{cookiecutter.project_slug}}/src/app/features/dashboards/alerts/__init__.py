"""Alert rules: what is too much of a figure, for how long; told live, in a list and by a letter."""

from functools import partial
from pathlib import Path

from quart import Quart

from app.features.dashboards.alerts import letters
from app.features.dashboards.alerts import pages
from app.features.dashboards.alerts import retention
from app.features.dashboards.alerts import routes
from app.features.dashboards.alerts.store import TASK
from app.features.dashboards.alerts.store import RuleStore
from app.features.dashboards.alerts.topics import alerts_namespace
from app.features.dashboards.alerts.watch import Watch
from app.features.dashboards.figures import Figures
from app.features.dashboards.settings import DashboardsSettings
from app.resources import Resources

# Somewhere in the hour, but not at its start, when everybody's jobs run.
OLD_EVENTS_SCHEDULE = "29 * * * *"


def register(
    app: Quart, resources: Resources, settings: DashboardsSettings, figures: Figures
) -> None:
    """Attaches routes, pages and the topic; has the rules watched where the figures are summed."""
    resources.realtime.declare(alerts_namespace())
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    resources.mail.letters.add_folder(Path(__file__).parent.parent / "templates")
    resources.jobs.task(TASK, partial(letters.send, resources))
    resources.jobs.schedule(
        "dashboards.delete_old_events",
        OLD_EVENTS_SCHEDULE,
        partial(retention.delete_old_events, resources.database, days=settings.event_days),
    )
    figures.on_sample(Watch(RuleStore(resources.database, resources.jobs)).see)
