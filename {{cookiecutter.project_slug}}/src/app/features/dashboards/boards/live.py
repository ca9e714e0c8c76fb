"""The live figures of a dashboard that is looked at through a link: ``shared:<board id>``.

The owner's own page listens to the topics of the figures. A guest must not, for these carry more
than the dashboard shows; so what it shows has a topic of its own, published by the process that
sums, and only while somebody looks.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.errors import Unavailable
from app.features.dashboards.boards.sharing import owner_of
from app.features.dashboards.boards.tables import BoardRow
from app.features.dashboards.boards.tables import LinkRow
from app.features.dashboards.figures import Sample
from app.features.dashboards.figures.policy import visible
from app.identity.tables import UserRow
from app.principal import Principal
from app.realtime import Realtime
from app.realtime.topics import Action
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace

# A stream says every minute that somebody looks.
LOOKED_AT_SECONDS = 150
REFRESH_SECONDS = 2.0
BOARDS_MOST = 500
VALUE_SECONDS = 60


def shared_topic(board_id: UUID) -> str:
    """Returns the topic of a dashboard."""
    return f"shared:{board_id}"


def shared_namespace(database: Database) -> TopicNamespace:
    """Returns what holds for these topics: the owner, and guests with a link to that dashboard."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        if action not in {"subscribe", "history"} or (board_id := _uuid(key)) is None:
            return False
        if who.kind == "guest":
            asked = select(LinkRow.id).where(LinkRow.id == who.token_id)
            asked = asked.where(LinkRow.board_id == board_id)
        elif who.is_signed_in:
            asked = select(BoardRow.id).where(BoardRow.id == board_id)
            asked = asked.where(BoardRow.owner_id == who.own_id)
        else:
            return False
        async with database.reading() as session:
            return await session.scalar(asked) is not None

    return TopicNamespace(
        "shared", kind=Latest(seconds=VALUE_SECONDS), authorise=authorise, scope="dashboards:read"
    )


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A dashboard that somebody looks at through a link, and the figures on it."""

    topic: str
    figures: frozenset[str]


class LivePublisher:
    """Publishes each second what dashboards show that are looked at."""

    def __init__(self, database: Database, realtime: Realtime) -> None:
        self._database = database
        self._realtime = realtime
        self._boards: list[LookedAt] = []
        self._asked_at: float | None = None

    async def see(self, sample: Sample) -> None:
        """Publishes a sample to every dashboard that is looked at."""
        at = sample.at.timestamp()
        if self._asked_at is None or not 0 <= at - self._asked_at < REFRESH_SECONDS:
            self._boards, self._asked_at = await looked_at(self._database), at
        await asyncio.gather(*[self._publish(one, sample) for one in self._boards])

    async def _publish(self, board: LookedAt, sample: Sample) -> None:
        shown = {name: sample.figures[name] for name in board.figures & sample.figures.keys()}
        told = msgspec.json.encode({"at": int(sample.at.timestamp()), "figures": shown})
        try:
            await self._realtime.publish(board.topic, told)
        except Unavailable:
            return  # as with the figures themselves: the next second is told again


async def looked_at(database: Database) -> list[LookedAt]:
    """Returns the dashboards that somebody looks at, with what their owners may see of them."""
    lately = func.clock_timestamp() - timedelta(seconds=LOOKED_AT_SECONDS)
    links = select(LinkRow.board_id).where(LinkRow.looked_at > lately)
    asked = (
        select(BoardRow, UserRow.roles)
        .join(UserRow, UserRow.id == BoardRow.owner_id)
        .where(BoardRow.id.in_(links), UserRow.disabled_at.is_(None))
        .limit(BOARDS_MOST)
    )
    async with database.reading() as session:
        rows = (await session.execute(asked)).all()
    return [
        LookedAt(shared_topic(row.id), shown_figures(owner_of(row, roles), row))
        for row, roles in rows
    ]


def shown_figures(owner: Principal, row: BoardRow) -> frozenset[str]:
    """Returns the figures on a dashboard that its owner may see now."""
    named = {str(name) for panel in row.panels for name in _names(panel.get("figures"))}
    return frozenset(named & {figure.name for figure in visible(owner)})


def _names(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _uuid(key: str) -> UUID | None:
    try:
        found = UUID(key)
    except ValueError:
        return None
    # One dashboard, one topic: other spellings of the same id would be topics of their own.
    return found if str(found) == key else None
