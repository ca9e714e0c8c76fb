"""The pages of the frame itself: home, the explanation of a problem, the icon."""

from pathlib import Path

from quart import Blueprint
from quart import render_template
from quart import send_from_directory
from quart.wrappers import Response

from app.errors import NotFound
from app.web.guards import guard
from app.web.guards import public
from app.web.guards import unidentified
from app.web.limits import limit
from app.web.problem_types import BY_SLUG
from app.web.shapes import html

STATIC = Path(__file__).parent / "static"

blueprint = Blueprint(
    "web",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/web",
)


@blueprint.get("/")
@guard(public)
@limit("120/minute")
@html
async def home() -> str:
    """Says what this is to a visitor, and shows the ways in to somebody who is signed in."""
    return await render_template("home.html")


@blueprint.get("/problems/<slug>")
@guard(public)
@limit("120/minute")
@html
async def problem(slug: str) -> str:
    """Explains a type of problem: the address that a problem document names."""
    kind = BY_SLUG.get(slug)
    if kind is None:
        raise NotFound("there is no problem of this name")
    return await render_template("problem.html", kind=kind)


@blueprint.get("/favicon.ico")
@guard(unidentified)
@limit("120/minute")
@html
async def favicon() -> Response:
    """Returns the icon to what asks for it without reading the page."""
    return await send_from_directory(STATIC, "favicon.svg")
