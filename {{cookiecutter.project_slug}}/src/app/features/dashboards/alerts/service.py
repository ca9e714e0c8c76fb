"""The alert rules of one person, and what they told.

A rule of somebody else is one that there is not. Whoever changes a rule or deletes it ends its
alert: what was raised is told to be cleared, once, and by no letter.
"""

from datetime import UTC
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Invalid
from app.errors import NotFound
from app.errors import Stale
from app.features.dashboards.alerts.schemas import PERSON_MAX_RULES
from app.features.dashboards.alerts.schemas import EventShape
from app.features.dashboards.alerts.schemas import RuleDraft
from app.features.dashboards.alerts.schemas import RuleShape
from app.features.dashboards.alerts.schemas import require_sense
from app.features.dashboards.alerts.tables import EventRow
from app.features.dashboards.alerts.tables import RuleRow
from app.features.dashboards.alerts.topics import alerts_topic
from app.features.dashboards.alerts.topics import encoded
from app.features.dashboards.figures.policy import visible
from app.principal import Principal
from app.principal import UserId
from app.web.paging import Page
from app.web.paging import cut
from app.web.paging import decode_cursor

NO_RULE = "there is no such rule"


async def list_rules(who: Principal, database: Database) -> list[RuleShape]:
    """Returns the caller's rules, the newest first."""
    mine = (
        select(RuleRow)
        .where(RuleRow.owner_id == who.own_id)
        .order_by(RuleRow.created_at.desc(), RuleRow.id.desc())
        .limit(2 * PERSON_MAX_RULES)
    )
    async with database.reading() as session:
        return [RuleShape.model_validate(row) for row in await session.scalars(mine)]


async def find_rule(who: Principal, database: Database, *, rule_id: UUID) -> RuleShape:
    """Returns a rule of the caller's.

    Raises:
        NotFound: they have no such rule.
    """
    mine = select(RuleRow).where(RuleRow.id == rule_id, RuleRow.owner_id == who.own_id)
    async with database.reading() as session:
        row = (await session.scalars(mine)).one_or_none()
    if row is None:
        raise NotFound(NO_RULE)
    return RuleShape.model_validate(row)


async def create_rule(who: Principal, database: Database, *, draft: RuleDraft) -> RuleShape:
    """Stores a new rule of the caller's, which is watched within seconds.

    Raises:
        Conflict: they have very many already.
        Invalid: there is no such figure for them, or the rule makes no sense.
    """
    _require_sense(who, draft)
    async with database.transaction() as work:
        counted = select(func.count()).where(RuleRow.owner_id == who.own_id)
        # Two at once may overshoot by one: the number is against floods, nothing depends on it.
        if (await work.session.scalar(counted) or 0) >= PERSON_MAX_RULES:
            raise Conflict(f"{PERSON_MAX_RULES} rules are the most; delete one first")
        row = RuleRow(owner_id=who.own_id, **draft.model_dump())
        work.session.add(row)
        await work.session.flush()
        await work.session.refresh(row)
        return RuleShape.model_validate(row)


async def change_rule(
    who: Principal,
    database: Database,
    *,
    rule_id: UUID,
    draft: RuleDraft,
    expected_version: int | None = None,
    expected_turn: int | None = None,
) -> RuleShape:
    """Puts ``draft`` in the place of a rule; its alert begins anew.

    Who has a rule in a form says which ``version`` of it; a moving alert does not spoil that.

    Raises:
        NotFound: the caller has no such rule.
        Invalid: there is no such figure for them, or the rule makes no sense.
        Stale: it, or its alert, is not where the caller has seen it.
    """
    _require_sense(who, draft)
    async with database.transaction() as work:
        row = await _lock(who, work, rule_id)
        if expected_version not in {None, row.version}:
            raise Stale(f"the rule is in version {row.version}")
        if expected_turn not in {None, row.turn}:
            raise Stale(f"the rule is at turn {row.turn}")
        await _end(work, row)
        for name, value in draft.model_dump().items():
            setattr(row, name, value)
        row.version += 1
        await work.session.flush()
        await work.session.refresh(row)
        return RuleShape.model_validate(row)


async def delete_rule(who: Principal, database: Database, *, rule_id: UUID) -> None:
    """Deletes a rule; what it told stays in the list of events.

    Raises:
        NotFound: the caller has no such rule.
    """
    async with database.transaction() as work:
        row = await _lock(who, work, rule_id)
        await _end(work, row)
        await work.session.delete(row)


async def list_events(
    who: Principal, database: Database, *, cursor: str = "", count: int
) -> Page[EventShape]:
    """Returns what the caller's rules told, the newest first.

    Raises:
        Invalid: this is no cursor of this list.
    """
    mine = (
        select(EventRow)
        .where(EventRow.owner_id == who.own_id)
        .order_by(EventRow.id.desc())
        .limit(count + 1)
    )
    if cursor:
        (before,) = decode_cursor(cursor, kinds=(int,))
        if not 0 <= int(before) < 2**63:
            raise Invalid(fields={"cursor": "this is no cursor of this list"})
        mine = mine.where(EventRow.id < int(before))
    async with database.reading() as session:
        rows = (await session.scalars(mine)).all()
    return cut(rows, count, key=lambda row: (row.id,), shape=EventShape.model_validate)


async def _lock(who: Principal, work: UnitOfWork, rule_id: UUID) -> RuleRow:
    mine = select(RuleRow).where(RuleRow.id == rule_id, RuleRow.owner_id == who.own_id)
    row = (await work.session.scalars(mine.with_for_update())).one_or_none()
    if row is None:
        raise NotFound(NO_RULE)
    return row


async def _end(work: UnitOfWork, row: RuleRow) -> None:
    was_raised = row.state == "raised"
    row.state, row.since, row.calm_since = "ok", datetime.now(UTC), None
    row.turn += 1
    if not was_raised:
        return
    event = EventRow(
        owner_id=row.owner_id,
        rule_id=row.id,
        turn=row.turn,
        kind="cleared",
        name=row.name,
        figure=row.figure,
        side=row.side,
        threshold=row.threshold,
        at=row.since,
        letter="none",
    )
    work.session.add(event)
    await work.session.flush()
    told = EventShape.model_validate(event)
    work.announce(alerts_topic(UserId(row.owner_id)), encoded(told))


def _require_sense(who: Principal, draft: RuleDraft) -> None:
    # A figure that is for others is refused like one that there is not.
    figure = next((one for one in visible(who) if one.name == draft.figure), None)
    if figure is None:
        raise Invalid(
            "there is no such figure", fields={"figure": f"There is no figure {draft.figure!r}."}
        )
    require_sense(draft, figure)
