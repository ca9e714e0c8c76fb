"""The mailbox of development: what the service would have sent, for whoever writes it to read.

Not there in production, nor wherever a mail server is set: then letters really leave.
"""

from typing import cast

from quart import Blueprint
from quart import Quart
from quart import current_app
from quart import make_response
from quart import render_template
from quart import request
from quart.wrappers import Response

from app.errors import NotFound
from app.mail import Kept
from app.mail import Outbox
from app.web.guards import guard
from app.web.guards import public
from app.web.headers import ALWAYS
from app.web.headers import CONTENT_POLICY
from app.web.limits import limit
from app.web.shapes import html

EXTENSION = "mailbox"
PATH = "/dev/mail"
# A letter has styles of its own, as mail programs show it, and may do nothing but be read; a link
# in it opens where the letter is shown, as it would in such a program.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)
OUT_OF_THE_FRAME = '<head><base target="_top">'

blueprint = Blueprint("mailbox", __name__, url_prefix=PATH, template_folder="templates")


def install_mailbox(app: Quart, outbox: Outbox) -> None:
    """Attaches the pages that show what ``outbox`` keeps."""
    app.extensions[EXTENSION] = outbox
    app.register_blueprint(blueprint)

    @app.context_processor
    async def tell_where_mail_is() -> dict[str, str]:
        return {"mailbox_path": PATH}


@blueprint.get("")
@guard(public)
@limit("600/minute")
@html
async def mailbox() -> str:
    """Shows the letters, the newest first; ``?to=`` shows those to one address."""
    to = request.args.get("to", "").lower()
    letters = [kept for kept in _outbox().kept() if to in kept.message.to.lower()]
    return await render_template("mailbox.html", letters=letters, to=to)


@blueprint.get("/<letter_id>")
@guard(public)
@limit("600/minute")
@html
async def letter(letter_id: str) -> Response:
    """Shows one letter in both forms; the only page with a frame."""
    page = await render_template("letter.html", letter=_find(letter_id))
    response = cast("Response", await make_response(page))
    response.headers[CONTENT_POLICY] = f"{ALWAYS[CONTENT_POLICY]}; frame-src 'self'"
    return response


@blueprint.get("/<letter_id>/html")
@guard(public)
@limit("600/minute")
@html
async def letter_html(letter_id: str) -> Response:
    """Returns the form of a letter that mail programs show, for a frame of the page."""
    shown = _find(letter_id).message.html.replace("<head>", OUT_OF_THE_FRAME, 1)
    response = cast("Response", await make_response(shown))
    response.headers[CONTENT_POLICY] = LETTER_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _outbox() -> Outbox:
    return cast("Outbox", current_app.extensions[EXTENSION])


def _find(letter_id: str) -> Kept:
    found = _outbox().find(letter_id)
    if found is None:
        raise NotFound("there is no such letter, or no longer")
    return found
