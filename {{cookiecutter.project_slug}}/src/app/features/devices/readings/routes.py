"""Readings over REST."""

from uuid import UUID

from quart import Blueprint
from quart_schema import validate_querystring
from quart_schema import validate_response

from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.paging import short_list
from app.web.problem_types import INVALID

from .history import readings_between
from .schemas import ReadingsOfMetric
from .schemas import ReadingsQuery

blueprint = Blueprint("readings", __name__, url_prefix="/api/v1/devices/<uuid:device_id>/readings")


@blueprint.get("/<metric>")
@guard(signed_in)
@scope("devices:read")
@limit("120/minute")
@fails_with(INVALID)
@short_list("never more than 2,000 points, whatever the range")
@validate_querystring(ReadingsQuery)
@validate_response(ReadingsOfMetric)
async def list_readings(
    device_id: UUID, metric: str, query_args: ReadingsQuery
) -> ReadingsOfMetric:
    """Returns the readings of one metric of the caller's device, in as many points as asked for."""
    begin, end = query_args.range()
    return await readings_between(
        current_principal(),
        current_resources().database,
        device_id=device_id,
        metric=metric,
        begin=begin,
        end=end,
        points=query_args.points,
    )
