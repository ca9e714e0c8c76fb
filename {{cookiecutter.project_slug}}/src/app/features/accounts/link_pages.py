"""Pages that a link in a letter opens: the link is in their address, so they keep it to themselves.

Opening one changes nothing, since mail programs open links to look at them; its button does.
"""

from typing import Any
from typing import cast

from quart import make_response
from quart import render_template
from quart.wrappers import Response

from app.features.accounts.guidance import password_guidance


async def link_page(template: str, status: int = 200, **values: Any) -> Response:
    """Returns a page that nobody stores, and whose address no other page is told."""
    page = await render_template(template, **password_guidance(), **values)
    response = cast("Response", await make_response(page, status))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def dead_link(again: str, label: str) -> Response:
    """Returns the page that says a link is no longer good, and leads to where to get another."""
    return await link_page("accounts/dead_link.html", 410, again=again, label=label)
