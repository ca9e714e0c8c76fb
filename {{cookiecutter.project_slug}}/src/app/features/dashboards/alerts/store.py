"""The rows behind the watch: which rules there are, and what has moved, with its events."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text

from app.database import Database
from app.database import UnitOfWork
from app.features.dashboards.alerts.machine import HOLE_SECONDS
from app.features.dashboards.alerts.machine import Event
from app.features.dashboards.alerts.machine import Rule
from app.features.dashboards.alerts.machine import Side
from app.features.dashboards.alerts.machine import Standing
from app.features.dashboards.alerts.machine import State
from app.features.dashboards.alerts.schemas import EventShape
from app.features.dashboards.alerts.schemas import Letter
from app.features.dashboards.alerts.tables import EventRow
from app.features.dashboards.alerts.tables import RuleRow
from app.features.dashboards.alerts.topics import alerts_topic
from app.features.dashboards.alerts.topics import encoded
from app.features.dashboards.figures.catalogue import BY_NAME
from app.features.dashboards.figures.policy import may_see
from app.identity.tables import UserRow
from app.jobs import Jobs
from app.principal import Principal
from app.principal import UserId

TASK = "dashboards.send_alert"
LETTERS_PER_HOUR = 6
RULES_MOST = 20_000

# Anything that makes a difference to the watch makes another mark. Rows of any order and number
# are one number: an order of commits that differs from that of the changes cannot hide one.
MARK = text("""
    SELECT count(*), coalesce(sum(hashtextextended(concat_ws(
        '|', rule.id, rule.version, rule.turn, owner.roles::text, owner.disabled_at), 0)), 0)
    FROM dashboards_rules rule JOIN users owner ON owner.id = rule.owner_id
""")
SEEN_BEFORE = text("SELECT max(at) FROM dashboards_seconds WHERE at >= :from AND at < :at")
MOVE = text("""
    UPDATE dashboards_rules AS rule
    SET state = move.state, since = to_timestamp(move.since),
        calm_since = to_timestamp(move.calm_since), turn = rule.turn + 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:turns AS bigint[]),
        CAST(:states AS text[]), CAST(:since AS float8[]), CAST(:calm_since AS float8[])
    ) AS move(id, version, turn, state, since, calm_since)
    WHERE rule.id = move.id AND rule.version = move.version AND rule.turn = move.turn
    RETURNING rule.id
""")


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule of somebody, and where its alert stands."""

    id: UUID
    owner_id: UserId
    name: str
    figure: str
    rule: Rule
    by_mail: bool
    version: int
    turn: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Move:
    """Where an alert is to stand from now on, and what there is to tell, if anything."""

    watched: Watched
    standing: Standing
    event: Event | None


class RuleStore:
    """Reads what is to be watched, and writes what has moved."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    async def mark(self) -> object:
        """Returns a value that changes with the rules, and with the rights of their owners."""
        async with self._database.reading() as session:
            return tuple((await session.execute(MARK)).one())

    async def seen_before(self, at: float) -> float | None:
        """Returns the last second before ``at`` that any process has summed, unless it is long ago.

        It tells one that takes over for how long nobody has watched.
        """
        bounds = {
            "at": datetime.fromtimestamp(at, UTC),
            "from": datetime.fromtimestamp(at - HOLE_SECONDS, UTC),
        }
        async with self._database.reading() as session:
            found = await session.scalar(SEEN_BEFORE, bounds)
        return found.timestamp() if found is not None else None

    async def load(self, *, seen_at: float | None) -> list[Watched]:
        """Returns the rules of those who may still see what they watch; ``seen_at`` goes to all.

        Without it nobody has watched lately, so that what is pending has to begin anew.
        """
        asked = (
            select(RuleRow, UserRow.roles)
            .join(UserRow, UserRow.id == RuleRow.owner_id)
            .where(UserRow.disabled_at.is_(None))
            .order_by(RuleRow.id)
            .limit(RULES_MOST)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(asked)).all()
        return [_watched(row, seen_at) for row, roles in rows if _may_watch(row, roles)]

    async def make(self, moves: Sequence[Move], *, at: datetime) -> Set[UUID]:
        """Stores moves with their events, and returns the rules that were still where they were.

        Raises:
            Unavailable: PostgreSQL is away; nothing has moved.
        """
        async with self._database.transaction() as work:
            made = set(await work.session.scalars(MOVE, _columns(moves)))
            told = [one for one in moves if one.event and one.watched.id in made]
            if told:
                await self._tell(work, told, at)
        return made

    async def _tell(self, work: UnitOfWork, moves: Sequence[Move], at: datetime) -> None:
        letters = await _letters_of_the_hour(work, moves, at)
        rows = [_event(move, at, letters) for move in moves]
        work.session.add_all(rows)
        await work.session.flush()
        for row in rows:
            told = EventShape.model_validate(row)
            work.announce(alerts_topic(UserId(row.owner_id)), encoded(told))
            if row.letter == "due":
                await self._jobs.enqueue(work, TASK, payload={"event_id": row.id})


def _watched(row: RuleRow, seen_at: float | None) -> Watched:
    calm_since = row.calm_since.timestamp() if row.calm_since else None
    standing = Standing(
        state=cast("State", row.state),
        since=row.since.timestamp(),
        calm_since=calm_since,
        seen_at=seen_at if seen_at is not None else 0.0,
    )
    rule = Rule(
        side=cast("Side", row.side),
        threshold=row.threshold,
        for_seconds=row.for_seconds,
        hysteresis=row.hysteresis,
    )
    return Watched(
        id=row.id,
        owner_id=UserId(row.owner_id),
        name=row.name,
        figure=row.figure,
        rule=rule,
        by_mail=row.by_mail,
        version=row.version,
        turn=row.turn,
        standing=standing,
    )


def _may_watch(row: RuleRow, roles: Sequence[str]) -> bool:
    owner = Principal(kind="user", user_id=UserId(row.owner_id), roles=frozenset(roles))
    figure = BY_NAME.get(row.figure)
    return figure is not None and may_see(owner, figure)


def _columns(moves: Sequence[Move]) -> dict[str, list[object]]:
    return {
        "ids": [one.watched.id for one in moves],
        "versions": [one.watched.version for one in moves],
        "turns": [one.watched.turn for one in moves],
        "states": [one.standing.state for one in moves],
        "since": [one.standing.since for one in moves],
        "calm_since": [one.standing.calm_since for one in moves],
    }


async def _letters_of_the_hour(
    work: UnitOfWork, moves: Sequence[Move], at: datetime
) -> Counter[UUID]:
    counted = (
        select(EventRow.owner_id, func.count().label("letters"))
        .where(EventRow.owner_id.in_({one.watched.owner_id for one in moves}))
        .where(EventRow.at > at - timedelta(hours=1), EventRow.letter.in_(("due", "sent")))
        .group_by(EventRow.owner_id)
    )
    found = await work.session.execute(counted)
    return Counter({row.owner_id: row.letters for row in found})


def _event(move: Move, at: datetime, letters: Counter[UUID]) -> EventRow:
    one = move.watched
    letter: Letter = "none"
    if one.by_mail:
        letter = "due" if letters[one.owner_id] < LETTERS_PER_HOUR else "held"
        letters[one.owner_id] += 1
    return EventRow(
        owner_id=one.owner_id,
        rule_id=one.id,
        turn=one.turn + 1,
        kind=move.event,
        name=one.name,
        figure=one.figure,
        side=one.rule.side,
        threshold=one.rule.threshold,
        value=move.standing.value,
        at=at,
        letter=letter,
    )
