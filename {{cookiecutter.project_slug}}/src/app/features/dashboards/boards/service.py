"""The dashboards of one person: listing, composing, changing and deleting them.

A dashboard of somebody else is one that there is not.
"""

from collections.abc import Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.errors import Stale
from app.features.dashboards.boards.document import BoardDraft
from app.features.dashboards.boards.document import Panel
from app.features.dashboards.boards.document import require_known
from app.features.dashboards.boards.schemas import PERSON_MAX_BOARDS
from app.features.dashboards.boards.schemas import Board
from app.features.dashboards.boards.schemas import BoardSummary
from app.features.dashboards.boards.tables import BoardRow
from app.features.dashboards.figures.policy import visible
from app.principal import Principal
from app.web.paging import Page
from app.web.paging import cut
from app.web.paging import decode_moment_and_id

NO_BOARD = "there is no such dashboard"


async def list_boards(
    who: Principal, database: Database, *, cursor: str = "", count: int
) -> Page[BoardSummary]:
    """Returns the caller's dashboards after a place in the list, the newest first.

    Raises:
        Invalid: this is no cursor of this list.
    """
    asked = (
        select(BoardRow)
        .where(BoardRow.owner_id == who.own_id)
        .order_by(BoardRow.created_at.desc(), BoardRow.id.desc())
        .limit(count + 1)
    )
    if cursor:
        place = tuple_(BoardRow.created_at, BoardRow.id)
        asked = asked.where(place < tuple_(*decode_moment_and_id(cursor)))
    async with database.reading() as session:
        rows = (await session.scalars(asked)).all()
    return cut(
        rows,
        count,
        key=lambda row: (row.created_at.isoformat(), str(row.id)),
        shape=BoardSummary.of,
    )


async def find_board(who: Principal, database: Database, *, board_id: UUID) -> Board:
    """Returns a dashboard of the caller's.

    Raises:
        NotFound: they have no such dashboard.
    """
    async with database.reading() as session:
        return Board.of(await own_board(who, session, board_id=board_id))


async def create_board(who: Principal, database: Database, *, draft: BoardDraft) -> Board:
    """Stores a new dashboard of the caller's.

    Raises:
        Conflict: they have very many already.
        Invalid: it names figures that they may not see, or that there are not.
    """
    _require_seen(who, draft)
    async with database.transaction() as work:
        await _require_place_for_one_more(who, work)
        row = BoardRow(owner_id=who.own_id, name=draft.name, panels=_stored(draft))
        work.session.add(row)
        await work.session.flush()
        await work.session.refresh(row)
        return Board.of(row)


async def change_board(
    who: Principal,
    database: Database,
    *,
    board_id: UUID,
    draft: BoardDraft,
    expected_version: int | None = None,
) -> Board:
    """Puts ``draft`` in the place of a dashboard, if it still is in the version that was seen.

    Raises:
        NotFound: the caller has no such dashboard.
        Invalid: it names figures that they may not see, or that there are not.
        Stale: it is in another version.
    """
    async with database.transaction() as work:
        row = await own_board(who, work.session, board_id=board_id, to_change=True)
        if expected_version not in {None, row.version}:
            raise Stale(f"the dashboard is in version {row.version}")
        _require_seen(who, draft, kept=Board.of(row).panels)
        row.name, row.panels, row.version = draft.name, _stored(draft), row.version + 1
        row.changed_at = func.clock_timestamp()
        await work.session.flush()
        await work.session.refresh(row)
        return Board.of(row)


async def remove_board(who: Principal, work: UnitOfWork, *, board_id: UUID) -> None:
    """Deletes a dashboard in the caller's transaction, with the links to it.

    Raises:
        NotFound: the caller has no such dashboard.
    """
    mine = delete(BoardRow).where(BoardRow.id == board_id, BoardRow.owner_id == who.own_id)
    if (await work.session.scalars(mine.returning(BoardRow.id))).one_or_none() is None:
        raise NotFound(NO_BOARD)


async def own_board(
    who: Principal, session: AsyncSession, *, board_id: UUID, to_change: bool = False
) -> BoardRow:
    """Returns the row of a dashboard of the caller's, locked where it is going to change.

    Raises:
        NotFound: they have no such dashboard.
    """
    mine = select(BoardRow).where(BoardRow.id == board_id, BoardRow.owner_id == who.own_id)
    row = (await session.scalars(mine.with_for_update() if to_change else mine)).one_or_none()
    if row is None:
        raise NotFound(NO_BOARD)
    return row


def _require_seen(who: Principal, draft: BoardDraft, *, kept: Sequence[Panel] = ()) -> None:
    # A figure that is for others is refused like one that there is not.
    require_known(draft, {figure.name: figure.unit for figure in visible(who)}, kept=kept)


def _stored(draft: BoardDraft) -> list[dict[str, JsonValue]]:
    return [panel.model_dump(mode="json") for panel in draft.panels]


async def _require_place_for_one_more(who: Principal, work: UnitOfWork) -> None:
    # Two at once may overshoot by one: the number is against floods, nothing depends on it.
    counted = select(func.count()).where(BoardRow.owner_id == who.own_id)
    if (await work.session.scalar(counted) or 0) >= PERSON_MAX_BOARDS:
        raise Conflict(f"{PERSON_MAX_BOARDS} dashboards are the most; delete one first")
