"""What the figures of one dashboard were: for its owner, and for whoever has a link to it.

Nobody says which figures or since when: the dashboard does. So a link opens no other history.
"""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

from app.database import Database
from app.features.dashboards.boards.schemas import Board
from app.features.dashboards.boards.schemas import BoardHistory
from app.features.dashboards.boards.schemas import SpanHistory
from app.features.dashboards.figures.history import plan
from app.features.dashboards.figures.history import read_series
from app.features.dashboards.figures.policy import visible
from app.features.dashboards.settings import DashboardsSettings
from app.principal import Principal

# As many as a wide chart has pixels; of thirty days one for each hour, so that hours answer.
POINTS = 1_000
MONTH_MINUTES = 43_200
MONTH_POINTS = 721


def figures_by_minutes(owner: Principal, board: Board) -> dict[int, list[str]]:
    """Returns the figures on a dashboard that its owner may see now, by how far back they go."""
    seen = {figure.name for figure in visible(owner)}
    wanted: dict[int, list[str]] = {}
    for panel in board.panels:
        names = [name for name in panel.figures if name in seen]
        if names:
            known = wanted.setdefault(panel.minutes, [])
            known.extend(name for name in names if name not in known)
    return wanted


async def read_history(
    owner: Principal, database: Database, settings: DashboardsSettings, *, board: Board
) -> BoardHistory:
    """Returns the means of each span of time that a panel shows, and of its figures alone."""
    now = datetime.now(UTC)
    kept = timedelta(hours=settings.keep_seconds_hours)
    spans = []
    async with database.reading() as session:
        for minutes, names in sorted(figures_by_minutes(owner, board).items()):
            since = now - timedelta(minutes=minutes)
            points = MONTH_POINTS if minutes == MONTH_MINUTES else POINTS
            how = plan(since, now, points=points, now=now, seconds_kept=kept)
            series = await read_series(session, names, since, now, how=how)
            spans.append(SpanHistory.of(minutes, how.bucket_seconds, series))
    return BoardHistory(now=int(now.timestamp()), spans=spans)
