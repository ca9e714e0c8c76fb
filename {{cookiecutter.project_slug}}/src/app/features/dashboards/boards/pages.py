"""The pages of own dashboards: the list, one of them with its form, and what a link shows."""

from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint
from quart import redirect
from quart import render_template
from quart import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.errors import Invalid
from app.errors import Stale
from app.features.dashboards.assets import is_brought
from app.features.dashboards.boards import service
from app.features.dashboards.boards import sharing
from app.features.dashboards.boards.cards import cards_for
from app.features.dashboards.boards.cards import cards_for_guests
from app.features.dashboards.boards.cards import topics_on
from app.features.dashboards.boards.document import KINDS
from app.features.dashboards.boards.document import MINUTES
from app.features.dashboards.boards.document import SPANS
from app.features.dashboards.boards.editing import changed
from app.features.dashboards.boards.editing import checked
from app.features.dashboards.boards.live import shared_topic
from app.features.dashboards.boards.schemas import PAGE_BOARDS
from app.features.dashboards.figures.catalogue import UNITS
from app.features.dashboards.figures.policy import visible
from app.features.dashboards.figures.service import list_figures
from app.features.dashboards.figures.topics import topics_for
from app.features.dashboards.figures.written import written
from app.principal import Principal
from app.realtime.offers import offered
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import public
from app.web import signed_in
from app.web import version_in

URL = "/dashboards/boards"
SEE_OTHER = 303
VIEWS = "120/minute"
WRITES = "60/minute"
CHANGED_MEANWHILE = (
    "It was changed meanwhile; this is how it is now. Do it again, if you still want it."
)
API = "/api/v1/dashboards/boards"
# As many topics as somebody reads through; of more, they find those that they mean.
OFFERS_MOST = 50
# What the forms offer.
CHOICES = {"kinds": KINDS, "spans": SPANS, "minutes": MINUTES}

blueprint = Blueprint("dashboards_board_pages", __name__)


@blueprint.get(URL)
@guard(signed_in)
@limit(VIEWS)
@html
async def boards_page() -> str:
    """Lists the caller's dashboards."""
    page = await service.list_boards(
        current_principal(),
        current_resources().database,
        cursor=request.args.get("cursor", ""),
        count=PAGE_BOARDS,
    )
    return await render_template("dashboards/boards.html", page=page, name="", errors={})


@blueprint.post(URL)
@guard(signed_in)
@limit(WRITES)
@html
async def add_board() -> Response | tuple[str, int]:
    """Stores an empty dashboard and shows it, or shows the form with what is wrong."""
    who, database = current_principal(), current_resources().database
    form = await request.form
    try:
        board = await service.create_board(who, database, draft=checked({"name": form.get("name")}))
    except (Invalid, Conflict) as error:
        told = {"name": _told(error)}
        page = await service.list_boards(who, database, count=PAGE_BOARDS)
        shown = await render_template(
            "dashboards/boards.html", page=page, name=form.get("name", ""), errors=told
        )
        return shown, 422
    return redirect(f"{URL}/{board.id}", SEE_OTHER)


@blueprint.get(f"{URL}/<uuid:board_id>")
@guard(signed_in)
@limit(VIEWS)
@html
async def board_page(board_id: UUID) -> str:
    """Shows a dashboard of the caller's, with what changes it."""
    return await _board(board_id, MultiDict(), {})


@blueprint.post(f"{URL}/<uuid:board_id>")
@guard(signed_in)
@limit(WRITES)
@html
async def change_board(board_id: UUID) -> Response | tuple[str, int]:
    """Does what the button that was pressed says, from the version that was on the page."""
    who, database = current_principal(), current_resources().database
    form = await request.form
    try:
        board = await service.find_board(who, database, board_id=board_id)
        draft = changed(board, form)
        await service.change_board(
            who,
            database,
            board_id=board_id,
            draft=draft,
            expected_version=version_in(form),
        )
    except Stale:
        return await _board(board_id, form, {"form": CHANGED_MEANWHILE}), 409
    except (Invalid, Conflict) as error:
        return await _board(board_id, form, {"form": _told(error)}), 422
    return redirect(f"{URL}/{board_id}", SEE_OTHER)


@blueprint.post(f"{URL}/<uuid:board_id>/delete")
@guard(signed_in)
@limit(WRITES)
@html
async def delete_board(board_id: UUID) -> Response:
    """Deletes a dashboard and shows the others."""
    await sharing.delete_board(current_principal(), current_resources(), board_id=board_id)
    return redirect(URL, SEE_OTHER)


@blueprint.post(f"{URL}/<uuid:board_id>/links")
@guard(signed_in)
@limit("20/minute")
@html
async def make_link(board_id: UUID) -> tuple[str, int, dict[str, str]]:
    """Makes a link and shows it, this once."""
    who = current_principal()
    made = await sharing.make_link(who, current_resources(), board_id=board_id)
    return (
        await _board(board_id, MultiDict(), {}, made=made.url),
        201,
        {"Cache-Control": "no-store"},
    )


@blueprint.post(f"{URL}/<uuid:board_id>/links/<uuid:link_id>/revoke")
@guard(signed_in)
@limit(WRITES)
@html
async def revoke_link(board_id: UUID, link_id: UUID) -> Response:
    """Revokes a link and shows the dashboard."""
    await sharing.revoke_link(
        current_principal(), current_resources(), board_id=board_id, link_id=link_id
    )
    return redirect(f"{URL}/{board_id}", SEE_OTHER)


@blueprint.get(sharing.PAGE)
@guard(public)
@limit(VIEWS)
@html
async def shared_page() -> tuple[str, int, dict[str, str]]:
    """Shows the dashboard of a link to whoever has it."""
    token = request.args.get("link", "")
    shared = await sharing.look(current_resources().database, token)
    page = await render_template(
        "dashboards/shared.html",
        board=shared.board,
        cards=cards_for_guests(shared.owner, shared.board),
        **await _newest(shared.owner),
        topics=[shared_topic(shared.board.id)],
        history=f"{API}/shared/history?{urlencode({'link': token})}",
        link=token,
        has_charts=is_brought(),
    )
    return page, 200, sharing.UNTOLD


async def _newest(owner: Principal) -> dict[str, object]:
    # What the page shows before a script moves it, or without one.
    figures = await list_figures(owner, current_resources().database)
    newest = {one.name: one.value for one in figures if one.value is not None}
    return {"newest": newest, "written": written}


def _told(error: Invalid | Conflict) -> str:
    places = error.fields.values() if isinstance(error, Invalid) else ()
    return " ".join([f"{error.detail[:1].upper()}{error.detail[1:].removesuffix('.')}.", *places])


async def _board(
    board_id: UUID, form: MultiDict[str, str], errors: dict[str, str], *, made: str = ""
) -> str:
    who, database = current_principal(), current_resources().database
    board = await service.find_board(who, database, board_id=board_id)
    cards = cards_for(who, board)
    namespaces, find = current_resources().realtime.namespaces, request.args.get("find", "")
    return await render_template(
        "dashboards/board.html",
        board=board,
        links=await sharing.list_links(who, database, board_id=board_id),
        made=made,
        cards=cards,
        **await _newest(who),
        topics=[*topics_for(who), *topics_on(cards)],
        history=f"{API}/{board_id}/history",
        link="",
        figures=[(figure, UNITS[figure.unit]) for figure in visible(who)],
        offers=await offered(namespaces, who, search=find, most=OFFERS_MOST),
        offers_most=OFFERS_MOST,
        find=find,
        form=form,
        errors=errors,
        choices=CHOICES,
        has_charts=is_brought(),
    )
