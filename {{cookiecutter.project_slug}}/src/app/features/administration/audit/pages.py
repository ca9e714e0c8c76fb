"""The page of the audit log: a filter, the entries, and the way to the file."""

from urllib.parse import urlencode

from pydantic import ValidationError
from quart import Blueprint
from quart import request

from app.features.administration.audit.schemas import EntryQuery
from app.features.administration.audit.service import page_of_entries
from app.features.administration.frame import section_page
from app.identity.audit.events import described_events
from app.resources import current_resources
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit

URL = "/administration/audit"
FILTERS = ("event", "person", "since", "until")

blueprint = Blueprint("administration_audit_pages", __name__)


@blueprint.get(URL)
@guard(auditors)
@limit("120/minute")
@html
async def audit_page() -> str | tuple[str, int]:
    """Shows entries; a filter that makes no sense is shown with what is wrong with it."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    asked = {name: _as_time(name, value) for name, value in given.items() if value}
    errors: dict[str, str] = {}
    try:
        query = EntryQuery.model_validate(asked | {"cursor": request.args.get("cursor", "")})
    except ValidationError as error:
        errors = {str(one["loc"][0]): "This is not one of ours." for one in error.errors()}
        query = EntryQuery()
    page = await page_of_entries(
        current_principal(),
        current_resources().database,
        query.wanted,
        cursor=query.cursor,
        count=query.count,
    )
    shown = await section_page(
        URL,
        "audit.html",
        page=page,
        given=given,
        errors=errors,
        events=described_events(),
        query=urlencode(asked),
    )
    return (shown, 422) if errors else shown


def _as_time(name: str, value: str) -> str:
    # A date field of a browser has neither time nor zone.
    return f"{value}T00:00:00Z" if name in {"since", "until"} and "T" not in value else value
