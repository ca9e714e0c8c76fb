"""Links to a dashboard: whoever has one may look, and do nothing else, until it is revoked.

A link is 256 random bits; only their SHA-256 is stored. It opens the page of that dashboard and
the one topic with the figures of that dashboard, and is no credential anywhere else.
"""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.features.dashboards.boards.schemas import Board
from app.features.dashboards.boards.schemas import LinkShape
from app.features.dashboards.boards.schemas import MadeLink
from app.features.dashboards.boards.service import own_board
from app.features.dashboards.boards.service import remove_board
from app.features.dashboards.boards.tables import BoardRow
from app.features.dashboards.boards.tables import LinkRow
from app.identity import audit
from app.identity.tables import UserRow
from app.identity.tokens.bearers import Bearer
from app.identity.tokens.format import hash_of
from app.identity.tokens.format import hint_of
from app.identity.tokens.format import looks_right
from app.identity.tokens.format import new_api_token
from app.principal import Principal
from app.principal import TokenId
from app.principal import UserId
from app.resources import Resources

PREFIX = "view_"
PAGE = "/dashboards/shared"
BOARD_MAX_LINKS = 10
NO_LINK = "there is no such link, or it was taken back"
LOOKED = text("""
    UPDATE dashboards_links SET looked_at = clock_timestamp()
    WHERE id = :id AND (looked_at IS NULL OR looked_at < clock_timestamp() - interval '50 s')
""")
# Whoever has the address may look: it goes to no other site, to no index and into no cache.
UNTOLD = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}

EVENTS = {
    "dashboard.shared": "a link was made that shows a dashboard to whoever has it",
    "dashboard.unshared": "such a link was revoked, or its dashboard was deleted",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """A dashboard as a link shows it; ``owner`` is who decides by their rights what it shows."""

    link_id: TokenId
    board: Board
    owner: Principal


async def list_links(who: Principal, database: Database, *, board_id: UUID) -> list[LinkShape]:
    """Returns the links to a dashboard of the caller's, the newest first.

    Raises:
        NotFound: they have no such dashboard.
    """
    made = select(LinkRow).where(LinkRow.board_id == board_id).order_by(LinkRow.created_at.desc())
    async with database.reading() as session:
        await own_board(who, session, board_id=board_id)
        return [LinkShape.model_validate(row) for row in await session.scalars(made)]


async def make_link(who: Principal, resources: Resources, *, board_id: UUID) -> MadeLink:
    """Makes a link to a dashboard of the caller's.

    Raises:
        NotFound: they have no such dashboard.
        Conflict: it has very many links already.
    """
    token = new_api_token(PREFIX)
    async with resources.database.transaction() as work:
        await own_board(who, work.session, board_id=board_id, to_change=True)
        counted = select(func.count()).where(LinkRow.board_id == board_id)
        if (await work.session.scalar(counted) or 0) >= BOARD_MAX_LINKS:
            raise Conflict(f"{BOARD_MAX_LINKS} links are the most; revoke one first")
        row = LinkRow(board_id=board_id, token_hash=hash_of(token), hint=hint_of(token, PREFIX))
        work.session.add(row)
        await work.session.flush()
        await work.session.refresh(row)
        await _tell(work, "dashboard.shared", who, board_id, row.id)
        link = LinkShape.model_validate(row)
    url = f"{resources.settings.public_url}{PAGE}?{urlencode({'link': token})}"
    return MadeLink(url=url, link=link)


async def revoke_link(
    who: Principal, resources: Resources, *, board_id: UUID, link_id: UUID
) -> None:
    """Ends a link, and the streams of those who look through it, in every process.

    Raises:
        NotFound: there is no such link to a dashboard of the caller's.
    """
    gone = delete(LinkRow).where(LinkRow.id == link_id, LinkRow.board_id == board_id)
    async with resources.database.transaction() as work:
        await own_board(who, work.session, board_id=board_id)
        if (await work.session.scalars(gone.returning(LinkRow.id))).one_or_none() is None:
            raise NotFound(NO_LINK)
        await _tell(work, "dashboard.unshared", who, board_id, link_id)
    await resources.realtime.disconnect(token=TokenId(link_id))


async def delete_board(who: Principal, resources: Resources, *, board_id: UUID) -> None:
    """Deletes a dashboard of the caller's with its links, and ends who looks through them.

    Raises:
        NotFound: they have no such dashboard.
    """
    links = delete(LinkRow).where(LinkRow.board_id == board_id).returning(LinkRow.id)
    async with resources.database.transaction() as work:
        # Locked, so that no link is made meanwhile whose guests nobody would cut off.
        await own_board(who, work.session, board_id=board_id, to_change=True)
        link_ids = (await work.session.scalars(links)).all()
        for link_id in link_ids:
            await _tell(work, "dashboard.unshared", who, board_id, link_id)
        await remove_board(who, work, board_id=board_id)
    for link_id in link_ids:
        await resources.realtime.disconnect(token=TokenId(link_id))


async def look(database: Database, token: str) -> Shared:
    """Returns what a link shows, and notes that somebody looks.

    Raises:
        NotFound: there is no such link, it was revoked, or its owner is shut out.
    """
    if not looks_right(token, PREFIX):
        raise NotFound(NO_LINK)
    asked = (
        select(LinkRow.id, BoardRow, UserRow.roles, UserRow.name)
        .join(BoardRow, BoardRow.id == LinkRow.board_id)
        .join(UserRow, UserRow.id == BoardRow.owner_id)
        .where(LinkRow.token_hash == hash_of(token), UserRow.disabled_at.is_(None))
    )
    async with database.transaction() as work:
        found = (await work.session.execute(asked)).one_or_none()
        if found is None:
            raise NotFound(NO_LINK)
        link_id, row, roles, name = found
        await work.session.execute(LOOKED, {"id": link_id})
        return Shared(TokenId(link_id), Board.of(row), owner_of(row, roles, name))


async def find_guest(database: Database, token: str) -> Bearer | None:
    """Returns the guest that a link lets in, None when it lets nobody in.

    Asked when a stream begins, and every minute while it lasts.
    """
    try:
        shared = await look(database, token)
    except NotFound:
        return None
    guest = Principal(
        kind="guest",
        token_id=shared.link_id,
        name="guest",
        scopes=frozenset({"dashboards:read"}),
    )
    return Bearer(guest)


async def _tell(
    work: UnitOfWork, event: str, who: Principal, board_id: UUID, link_id: UUID
) -> None:
    details = {"board_id": str(board_id), "link_id": str(link_id)}
    await audit.record(work, event, who=who, details=details)


def owner_of(row: BoardRow, roles: list[str], name: str = "") -> Principal:
    """Returns the owner of a dashboard, with their rights of now."""
    owner = UserId(row.owner_id)
    return Principal(kind="user", user_id=owner, name=name, roles=frozenset(roles))
