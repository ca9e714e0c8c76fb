"""Watching the rules of everybody, in the one process that sums the figures.

Where an alert stands is in memory, and in its row whenever it moves. A move counts once it is
committed together with its event, so what a process had not committed when it died is found again
by the next one, and what it had is not told twice.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from app.features.dashboards.alerts.machine import HOLE_SECONDS
from app.features.dashboards.alerts.machine import Standing
from app.features.dashboards.alerts.machine import judge
from app.features.dashboards.alerts.store import Move
from app.features.dashboards.alerts.store import RuleStore
from app.features.dashboards.alerts.store import Watched
from app.features.dashboards.figures.facade import Sample

LOOK_SECONDS = 2.0
# More than these wait for the next second: the sampling must not wait for a thousand alerts.
MOVES_AT_ONCE = 50


class Watch:
    """Judges every rule with every sample."""

    def __init__(self, store: RuleStore) -> None:
        self._store = store
        self._rules: dict[UUID, Watched] = {}
        self._mark: object = None
        self._seen_at: float | None = None
        self._looked_at: float | None = None

    async def see(self, sample: Sample) -> None:
        """Judges all rules; the next sample must not come before this has returned.

        Raises:
            Unavailable: PostgreSQL is away; nothing has moved, and the next sample tries again.
        """
        at = sample.at.timestamp()
        if self._seen_at is None or not 0 <= at - self._seen_at <= HOLE_SECONDS:
            self._rules, self._mark, self._looked_at = {}, None, None
        await self._look(at)
        self._seen_at = at
        moves = self._judge(sample.figures, at)
        if moves:
            await self._make(moves, sample)

    async def _look(self, at: float) -> None:
        if self._looked_at is not None and at - self._looked_at < LOOK_SECONDS:
            return
        mark = await self._store.mark()
        if mark != self._mark:
            # The mark is from before the rows: a change in between is found at the next look.
            seen_at = self._seen_at if self._mark is not None else await self._store.seen_before(at)
            found = await self._store.load(seen_at=seen_at)
            self._rules = {one.id: self._newer(one) for one in found}
            self._mark = mark
        self._looked_at = at

    def _newer(self, found: Watched) -> Watched:
        # What is here knows the last value, which no row does.
        here = self._rules.get(found.id)
        if here is not None and (here.version, here.turn) == (found.version, found.turn):
            return here
        return found

    def _judge(self, figures: Mapping[str, float], at: float) -> list[Move]:
        moves: list[Move] = []
        for rule_id, one in self._rules.items():
            step = judge(one.rule, one.standing, at=at, value=figures.get(one.figure))
            if not has_moved(one.standing, step.standing):
                self._rules[rule_id] = replace(one, standing=step.standing)
                continue
            # It has not moved until that is committed; but the value has been seen.
            seen = replace(one.standing, seen_at=step.standing.seen_at, value=step.standing.value)
            self._rules[rule_id] = stays = replace(one, standing=seen)
            if len(moves) < MOVES_AT_ONCE:
                moves.append(Move(stays, step.standing, step.event))
        return moves

    async def _make(self, moves: list[Move], sample: Sample) -> None:
        made = await self._store.make(moves, at=sample.at)
        for move in moves:
            if move.watched.id in made:
                self._rules[move.watched.id] = replace(
                    move.watched, standing=move.standing, turn=move.watched.turn + 1
                )
            else:
                # Its owner has changed it, or another process has moved it: read it again.
                self._looked_at = None


def has_moved(before: Standing, after: Standing) -> bool:
    """Tells whether there is something about an alert that its row does not say."""
    moved = (before.state, before.since, before.calm_since)
    return moved != (after.state, after.since, after.calm_since)
