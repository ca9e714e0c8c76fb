"""What dashboards hold of a person: what they put together, and what they want to be told."""

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.features.dashboards.alerts.schemas import EventShape
from app.features.dashboards.alerts.schemas import RuleShape
from app.features.dashboards.alerts.tables import EventRow
from app.features.dashboards.alerts.tables import RuleRow
from app.features.dashboards.boards.schemas import Board
from app.features.dashboards.boards.tables import BoardRow
from app.principal import UserId

EVENTS_MOST = 10_000


async def exported(session: AsyncSession, user_id: UserId) -> JsonValue:
    """Returns a person's dashboards and rules, and what these told, ten thousand at most."""
    boards = await session.scalars(
        select(BoardRow).where(BoardRow.owner_id == user_id).order_by(BoardRow.created_at)
    )
    rules = await session.scalars(
        select(RuleRow).where(RuleRow.owner_id == user_id).order_by(RuleRow.created_at)
    )
    events = await session.scalars(
        select(EventRow)
        .where(EventRow.owner_id == user_id)
        .order_by(EventRow.id.desc())
        .limit(EVENTS_MOST)
    )
    return {
        "dashboards": [Board.of(row).model_dump(mode="json") for row in boards],
        "alert_rules": [RuleShape.model_validate(row).model_dump(mode="json") for row in rules],
        "alerts": [EventShape.model_validate(row).model_dump(mode="json") for row in events],
    }


async def erase(work: UnitOfWork, user_id: UserId) -> None:
    """Deletes everything of a person; links to their dashboards show nothing from now on."""
    await work.session.execute(delete(EventRow).where(EventRow.owner_id == user_id))
    await work.session.execute(delete(RuleRow).where(RuleRow.owner_id == user_id))
    await work.session.execute(delete(BoardRow).where(BoardRow.owner_id == user_id))
