"""The two questions of an orchestrator: does the process run, and should it be sent requests?"""

from typing import Literal

from pydantic import BaseModel
from quart import Blueprint
from quart import Quart
from quart.typing import ResponseReturnValue
from quart_schema import document_response

from app.web.guards import guard
from app.web.guards import unidentified
from app.web.health import Health
from app.web.health import Status
from app.web.limits import UNLIMITED
from app.web.limits import limit

NO_STORE = {"Cache-Control": "no-store"}


class Alive(BaseModel):
    """The process runs."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Whether to send requests here, and how each thing is that the process needs."""

    status: Status
    checks: dict[str, str]


def install_probes(app: Quart, health: Health) -> None:
    """Adds the routes /livez and /readyz."""
    blueprint = Blueprint("probes", __name__)

    @blueprint.get("/livez")
    @guard(unidentified)
    @limit(UNLIMITED)
    @document_response(Alive)
    async def livez() -> ResponseReturnValue:
        """Answers as long as the process runs, whatever else is away."""
        return Alive().model_dump(), 200, NO_STORE

    @blueprint.get("/readyz")
    @guard(unidentified)
    @limit(UNLIMITED)
    @document_response(Readiness)
    @document_response(Readiness, 503)
    async def readyz() -> ResponseReturnValue:
        """Says whether to send requests: 503 means not, or not any more."""
        report = await health.report()
        told = Readiness(status=report.status, checks=report.checks)
        return told.model_dump(), 200 if report.accepts_requests else 503, NO_STORE

    app.register_blueprint(blueprint)
