"""Whom a page was made for. The cookie may be somebody else's by now, who signed in in another tab.

The calls of a page say it in a header, its forms in a hidden field, so that nothing that one person
began is done in the name of another. It proves nothing, and lets nobody do more.
"""

from typing import Final

from markupsafe import Markup
from quart import Request
from quart import g
from quart.wrappers.base import BaseRequestWebsocket

from app.principal import Principal
from app.principal import id_text
from app.web import problem_types
from app.web.refusals import Refused

HEADER: Final = "Signed-In-As"
FIELD: Final = "signed_in_as"
FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
FIELD_HTML: Final = Markup('<input type="hidden" name="{}" value="{}">')


def is_of_another(call: BaseRequestWebsocket, who: Principal) -> bool:
    """Whether the header of a call names somebody else than the person who calls."""
    return call.headers.get(HEADER, own := id_text(who.own_id)) != own


async def check_form(call: Request, who: Principal) -> None:
    """Lets a form through that says nothing, or that it is of the person who sends it.

    Raises:
        Refused: its page was made for somebody else.
    """
    if call.mimetype not in FORMS or not who.is_person:
        return
    own = id_text(who.own_id)
    if (await call.form).get(FIELD, own) != own:
        raise Refused(
            problem_types.SOMEBODY_ELSE,
            "somebody else has signed in in this browser since that page was loaded; "
            "nothing was done in their name",
        )


def made_for() -> Markup:
    """Returns the hidden field by which a form says whom its page was made for.

    <form method="post">{{ made_for() }}
    """
    who: Principal | None = g.get("principal")
    if who is None or not who.is_person:
        return Markup()
    return FIELD_HTML.format(FIELD, id_text(who.own_id))
