"""The audit log over REST."""

from quart import Blueprint
from quart import Response
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_response

from app.features.administration.audit.schemas import EntryPage
from app.features.administration.audit.schemas import EntryQuery
from app.features.administration.audit.service import export
from app.features.administration.audit.service import page_of_entries
from app.resources import current_resources
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import limit
from app.web.paging import link_next

blueprint = Blueprint("administration_audit", __name__, url_prefix="/api/v1/administration/audit")


@blueprint.get("")
@guard(auditors)
@limit("120/minute")
@validate_querystring(EntryQuery)
@validate_response(EntryPage)
async def list_entries(query_args: EntryQuery) -> tuple[EntryPage, int, dict[str, str]]:
    """Lists entries, the newest first."""
    page = await page_of_entries(
        current_principal(),
        current_resources().database,
        query_args.wanted,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


@blueprint.get("/export")
@guard(auditors)
@limit("10/minute")
@validate_querystring(EntryQuery)
@document_response(None, 200)
async def export_entries(query_args: EntryQuery) -> Response:
    """Returns up to a hundred thousand entries as JSON lines; the log notes that."""
    lines = await export(current_principal(), current_resources().database, query_args.wanted)
    headers = {
        "Content-Type": "application/jsonl; charset=utf-8",
        "Content-Disposition": 'attachment; filename="audit.jsonl"',
    }
    return Response(lines, headers=headers)
