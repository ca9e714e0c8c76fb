"""Your data: a copy of everything that is held of a person, and deleting the account."""

from functools import partial
from uuid import UUID

from pydantic import JsonValue
from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.data import pages
from app.features.accounts.data import routes
from app.features.accounts.data.service import MAKE_EXPORT
from app.features.accounts.data.service import make_export
from app.identity.personal_data import exports
from app.resources import Resources

# Somewhere in the hour, but not at its start, when everybody's jobs run.
CLEAN_UP_SCHEDULE = "37 * * * *"


def register(app: Quart, resources: Resources) -> None:
    """Attaches the section, the routes and the job."""

    async def make(payload: dict[str, JsonValue]) -> None:
        export_id = UUID(str(payload["export_id"]))
        await make_export(resources.database, resources.identity, export_id)

    resources.jobs.task(MAKE_EXPORT, make)
    resources.jobs.schedule(
        "accounts.delete_expired_exports",
        CLEAN_UP_SCHEDULE,
        partial(exports.delete_expired, resources.database),
    )
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(routes.blueprint)
    account_of(app).add("Your data", pages.URL, order=80, description="A copy of it, or its end")
