"""Administration: people, the audit log, jobs, and what is open right now; always on.

Auditors read, administrators change; every change is in the audit log.
"""

from quart import Quart

from app.features.administration import audit
from app.features.administration import jobs
from app.features.administration import pages
from app.features.administration import people
from app.features.administration import realtime
from app.resources import Resources
from app.roles import READ_ADMINISTRATION

PARTS = (people, audit, jobs, realtime)


def register(app: Quart, resources: Resources) -> None:
    """Attaches pages and routes, and the way to them for those who may go there."""
    app.register_blueprint(pages.blueprint)
    for part in PARTS:
        app.register_blueprint(part.pages.blueprint)
        app.register_blueprint(part.routes.blueprint)
    resources.navigation.add(
        "Admin",
        "/administration",
        order=90,
        description="People, the audit log, jobs, and what is connected",
        permission=READ_ADMINISTRATION,
    )


async def add_demo(resources: Resources) -> None:
    """Adds nothing: there is enough to see from the start."""
