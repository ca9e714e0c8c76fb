"""The way in, which leads to the first section, and the files of the pages."""

from quart import Blueprint
from quart import redirect
from werkzeug.wrappers import Response

from app.features.administration.frame import SECTIONS
from app.web import auditors
from app.web import guard
from app.web import html
from app.web import limit

blueprint = Blueprint(
    "administration_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/administration",
)


@blueprint.get("/administration")
@guard(auditors)
@limit("120/minute")
@html
async def administration_page() -> Response:
    """Leads to the people."""
    return redirect(SECTIONS[0].url, 303)
