"""Figures over REST: the list with the newest values, ranges, and a download."""

from quart import Blueprint
from quart import Response
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_response

from app.features.dashboards.figures import service
from app.features.dashboards.figures.schemas import ExportQuery
from app.features.dashboards.figures.schemas import FigureList
from app.features.dashboards.figures.schemas import RangeQuery
from app.features.dashboards.figures.schemas import Ranges
from app.features.dashboards.settings import current_settings
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.paging import short_list
from app.web.problem_types import FORBIDDEN
from app.web.problem_types import INVALID

READ = "dashboards:read"

blueprint = Blueprint("dashboards", __name__, url_prefix="/api/v1/dashboards")


@blueprint.get("/figures")
@guard(signed_in)
@scope(READ)
@limit("120/minute")
@short_list("there are as many as the catalogue has")
@validate_response(FigureList)
async def list_figures() -> FigureList:
    """Lists the figures that the caller may see, with their newest values."""
    who, database = current_principal(), current_resources().database
    return FigureList(items=await service.list_figures(who, database))


@blueprint.get("/figures/range")
@guard(signed_in)
@scope(READ)
@limit("120/minute")
@fails_with(FORBIDDEN, INVALID)
@validate_querystring(RangeQuery)
@validate_response(Ranges)
async def read_ranges(query_args: RangeQuery) -> Ranges:
    """Returns what figures were over a range, in 2,000 points each at most."""
    who, database = current_principal(), current_resources().database
    return await service.read_ranges(who, database, current_settings(), query=query_args)


@blueprint.get("/figures/export")
@guard(signed_in)
@scope(READ)
@limit("20/minute")
@fails_with(FORBIDDEN, INVALID)
@validate_querystring(ExportQuery)
@document_response(None, 200)
async def export_figures(query_args: ExportQuery) -> Response:
    """Downloads a range as CSV, however long: it is read as it is sent."""
    database = current_resources().database
    rows = service.export_rows(current_principal(), database, query=query_args)
    response = Response(rows, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="figures.csv"'
    response.timeout = None
    return response
