"""A ticket for a realtime connection that cannot bring the session's cookie."""

from pydantic import BaseModel
from pydantic import Field
from quart import Blueprint
from quart import Quart
from quart_schema import validate_response

from app.identity import Identity
from app.web.guards import current_principal
from app.web.guards import guard
from app.web.guards import signed_in
from app.web.limits import limit


class TicketShape(BaseModel):
    """What `hello` and `refresh` take as `ticket`: good once, for a short while."""

    ticket: str
    expires_in_ms: int = Field(gt=0)


def install_tickets(app: Quart, identity: Identity) -> None:
    """Adds the route /api/v1/realtime/tickets."""
    blueprint = Blueprint("tickets", __name__, url_prefix="/api/v1/realtime")

    @blueprint.post("/tickets")
    @guard(signed_in)
    @limit("60/minute")
    @validate_response(TicketShape, 201)
    async def issue_ticket() -> tuple[TicketShape, int]:
        """Returns a ticket for one connection of the caller's session."""
        ticket = await identity.tickets.issue(current_principal())
        shape = TicketShape(ticket=ticket.token, expires_in_ms=round(ticket.seconds * 1000))
        return shape, 201

    app.register_blueprint(blueprint)
