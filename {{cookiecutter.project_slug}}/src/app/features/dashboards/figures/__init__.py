"""The figures: measured in every process, summed in one, stored, published and shown."""

from functools import partial

from quart import Quart
from sqlalchemy.pool import QueuePool

from app.database import Database
from app.features.dashboards.figures import pages
from app.features.dashboards.figures import retention
from app.features.dashboards.figures import routes
from app.features.dashboards.figures import tables
from app.features.dashboards.figures.facade import Figures
from app.features.dashboards.figures.facade import Sample
from app.features.dashboards.figures.keeping import Keeper
from app.features.dashboards.figures.sampling import Sampler
from app.features.dashboards.figures.topics import figures_namespace
from app.features.dashboards.settings import DashboardsSettings
from app.jobs.records import count_jobs
from app.resources import Resources

__all__ = ["Figures", "Sample", "keeper_of", "register", "tables"]

OLD_FIGURES_SCHEDULE = "8,23,38,53 * * * *"


def register(app: Quart, resources: Resources, settings: DashboardsSettings) -> Figures:
    """Attaches pages, routes and topics; returns what the other parts listen to."""
    figures = Figures()
    resources.realtime.declare(figures_namespace())
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    resources.jobs.schedule(
        "dashboards.delete_old_figures",
        OLD_FIGURES_SCHEDULE,
        partial(retention.delete_old_figures, resources.database, settings),
    )
    if _samples(resources, settings):
        resources.background.keep("figures", lambda: keeper_of(resources, figures).run())
    return figures


def keeper_of(resources: Resources, figures: Figures, *, name: str = "") -> Keeper:
    """Returns what measures this process, and the service while it holds the lock."""
    database = resources.database
    sampler = Sampler(resources.metrics, database_connections=partial(_in_use, database))
    return Keeper(
        sampler,
        database=database,
        realtime=resources.realtime,
        figures=figures,
        jobs_waiting=partial(_jobs_waiting, database),
        name=name,
    )


def _samples(resources: Resources, settings: DashboardsSettings) -> bool:
    is_test = resources.settings.environment == "test"
    return settings.sampling == "on" or (settings.sampling == "auto" and not is_test)


def _in_use(database: Database) -> int:
    pool = database.engine.sync_engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


async def _jobs_waiting(database: Database) -> int:
    async with database.reading() as session:
        return (await count_jobs(session))["queued"]
