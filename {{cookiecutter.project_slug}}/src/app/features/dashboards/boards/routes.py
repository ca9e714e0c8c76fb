"""One's own dashboards over REST."""

from uuid import UUID

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.features.dashboards.boards import past
from app.features.dashboards.boards import service
from app.features.dashboards.boards import sharing
from app.features.dashboards.boards.document import BoardDraft
from app.features.dashboards.boards.schemas import Board
from app.features.dashboards.boards.schemas import BoardHistory
from app.features.dashboards.boards.schemas import BoardsQuery
from app.features.dashboards.boards.schemas import BoardSummary
from app.features.dashboards.boards.schemas import LinkList
from app.features.dashboards.boards.schemas import MadeLink
from app.features.dashboards.boards.schemas import SharedQuery
from app.features.dashboards.settings import current_settings
from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import public
from app.web import scope
from app.web import signed_in
from app.web.conditional import conditional
from app.web.conditional import expected_version
from app.web.conditional import version_tag
from app.web.conditional import writes_conditionally
from app.web.idempotency import idempotent
from app.web.paging import Page
from app.web.paging import link_next
from app.web.paging import short_list
from app.web.problem_types import CONFLICT
from app.web.problem_types import INVALID
from app.web.problem_types import NOT_FOUND

READS = "300/minute"
WRITES = "60/minute"
HISTORIES = "60/minute"

Nothing = tuple[str, int]
NOTHING: Nothing = ("", 204)
Versioned = tuple[Board, int, dict[str, str]]

blueprint = Blueprint("dashboards_boards", __name__, url_prefix="/api/v1/dashboards/boards")


@blueprint.get("")
@guard(signed_in)
@scope("dashboards:read")
@limit(READS)
@fails_with(INVALID)
@validate_querystring(BoardsQuery)
@validate_response(Page[BoardSummary])
async def list_boards(
    query_args: BoardsQuery,
) -> tuple[Page[BoardSummary], int, dict[str, str]]:
    """Lists the caller's own dashboards, the newest first."""
    page = await service.list_boards(
        current_principal(),
        current_resources().database,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


@blueprint.post("")
@guard(signed_in)
@scope("dashboards:write")
@limit(WRITES)
@fails_with(CONFLICT, INVALID)
@idempotent
@validate_request(BoardDraft)
@validate_response(Board, 201)
async def create_board(data: BoardDraft) -> Versioned:
    """Stores a dashboard of the caller's own."""
    board = await service.create_board(
        current_principal(), current_resources().database, draft=data
    )
    location = f"{blueprint.url_prefix}/{board.id}"
    return board, 201, {"Location": location, "ETag": version_tag(board.version)}


@blueprint.get("/<uuid:board_id>")
@guard(signed_in)
@scope("dashboards:read")
@limit(READS)
@conditional
@validate_response(Board)
async def find_board(board_id: UUID) -> Versioned:
    """Returns one of the caller's dashboards."""
    return versioned(
        await service.find_board(
            current_principal(), current_resources().database, board_id=board_id
        )
    )


@blueprint.put("/<uuid:board_id>")
@guard(signed_in)
@scope("dashboards:write")
@limit(WRITES)
@fails_with(INVALID)
@writes_conditionally()
@validate_request(BoardDraft)
@validate_response(Board)
async def change_board(board_id: UUID, data: BoardDraft) -> Versioned:
    """Replaces name and panels, unless it has changed since the version in If-Match."""
    return versioned(
        await service.change_board(
            current_principal(),
            current_resources().database,
            board_id=board_id,
            draft=data,
            expected_version=expected_version(),
        )
    )


@blueprint.delete("/<uuid:board_id>")
@guard(signed_in)
@scope("dashboards:write")
@limit(WRITES)
@document_response(None, 204)
async def delete_board(board_id: UUID) -> Nothing:
    """Deletes a dashboard; links to it open nothing any more, and those who look are cut off."""
    await sharing.delete_board(current_principal(), current_resources(), board_id=board_id)
    return NOTHING


@blueprint.get("/<uuid:board_id>/history")
@guard(signed_in)
@scope("dashboards:read")
@limit(HISTORIES)
@validate_response(BoardHistory)
async def read_history(board_id: UUID) -> BoardHistory:
    """Returns what the figures of a dashboard were, as far back as each panel goes."""
    who, database = current_principal(), current_resources().database
    board = await service.find_board(who, database, board_id=board_id)
    return await past.read_history(who, database, current_settings(), board=board)


@blueprint.get("/shared/history")
@guard(public)
@limit(HISTORIES)
@fails_with(NOT_FOUND)
@validate_querystring(SharedQuery)
@validate_response(BoardHistory)
async def read_shared_history(
    query_args: SharedQuery,
) -> tuple[BoardHistory, int, dict[str, str]]:
    """Returns the same to whoever has a link to it: its figures, its spans, nothing else."""
    database = current_resources().database
    shared = await sharing.look(database, query_args.link)
    read = await past.read_history(shared.owner, database, current_settings(), board=shared.board)
    return read, 200, sharing.UNTOLD


@blueprint.get("/<uuid:board_id>/links")
@guard(signed_in)
@scope("dashboards:read")
@limit(READS)
@short_list("a dashboard has 10 links at most")
@validate_response(LinkList)
async def list_links(board_id: UUID) -> LinkList:
    """Lists the links to a dashboard of the caller's, without their secrets."""
    links = await sharing.list_links(
        current_principal(), current_resources().database, board_id=board_id
    )
    return LinkList(items=links)


@blueprint.post("/<uuid:board_id>/links")
@guard(signed_in)
@limit("20/minute")
@fails_with(CONFLICT)
@validate_response(MadeLink, 201)
async def make_link(board_id: UUID) -> tuple[MadeLink, int]:
    """Makes a link that shows a dashboard to whoever has it; it is in this answer alone."""
    made = await sharing.make_link(current_principal(), current_resources(), board_id=board_id)
    return made, 201


@blueprint.delete("/<uuid:board_id>/links/<uuid:link_id>")
@guard(signed_in)
@limit(WRITES)
@document_response(None, 204)
async def revoke_link(board_id: UUID, link_id: UUID) -> Nothing:
    """Ends a link at once, for those who look through it just now, too."""
    await sharing.revoke_link(
        current_principal(), current_resources(), board_id=board_id, link_id=link_id
    )
    return NOTHING


def versioned(board: Board) -> Versioned:
    """Returns a dashboard with its version as the ETag."""
    return board, 200, {"ETag": version_tag(board.version)}
