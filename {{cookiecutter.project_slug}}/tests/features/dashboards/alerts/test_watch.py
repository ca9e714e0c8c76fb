"""Rules are watched by one process, and by the next one: no event is told twice, none is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.features.dashboards.alerts import service
from app.features.dashboards.alerts.machine import CALM_SECONDS
from app.features.dashboards.alerts.machine import HOLE_SECONDS
from app.features.dashboards.alerts.schemas import RuleDraft
from app.features.dashboards.alerts.store import Move
from app.features.dashboards.alerts.store import RuleStore
from app.features.dashboards.alerts.topics import alerts_topic
from app.features.dashboards.alerts.watch import MOVES_AT_ONCE
from app.identity.tables import UserRow
from app.resources import Resources
from tests.features.dashboards.alerts.rig import BUSY
from tests.features.dashboards.alerts.rig import HIGH
from tests.features.dashboards.alerts.rig import LOW
from tests.features.dashboards.alerts.rig import Clock
from tests.features.dashboards.alerts.rig import events_of
from tests.features.dashboards.alerts.rig import kinds_of
from tests.features.dashboards.alerts.rig import rule_of
from tests.features.dashboards.alerts.rig import states
from tests.people import Person

TO_CLEAR = int(CALM_SECONDS) + 1


@pytest.fixture
def clock(resources: Resources) -> Clock:
    return Clock(resources)


async def test_an_alert_is_raised_and_clears_and_tells_so_where_its_owner_listens(
    resources: Resources, clock: Clock, ada: Person, grace: Person
) -> None:
    rule, watch = await rule_of(resources, ada), clock.watch()

    await clock.pass_seconds(watch, 5)
    assert await states(resources) == ["pending"]
    await clock.pass_seconds(watch, 1)
    raised_at = clock.now
    await clock.pass_seconds(watch, TO_CLEAR, LOW)

    raised, cleared = await events_of(resources, ada)
    assert (raised.kind, raised.value, raised.at, raised.rule_id) == (
        "raised",
        HIGH,
        raised_at,
        rule.id,
    )
    assert (cleared.kind, cleared.value) == ("cleared", LOW)
    assert await events_of(resources, grace) == []
    position = await resources.realtime.position(alerts_topic(ada.principal.own_id))
    assert position.offset == 2


async def test_a_takeover_neither_repeats_nor_forgets(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    await rule_of(resources, ada, name="Slow", for_seconds=20)
    await rule_of(resources, ada, name="Fast", for_seconds=0)
    first, second, third = clock.watch(), clock.watch(), clock.watch()

    await clock.pass_seconds(first, 15)
    assert await states(resources) == ["raised", "pending"]
    await clock.sum_second()
    await clock.pass_seconds(second, 6)
    assert await states(resources) == ["raised", "raised"]
    await clock.sum_second()
    await clock.pass_seconds(third, 22, LOW)

    assert await states(resources) == ["ok", "ok"]
    assert sorted(await kinds_of(resources, ada)) == ["cleared", "cleared", "raised", "raised"]


async def test_after_a_long_time_without_a_watch_what_was_pending_begins_anew(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    await rule_of(resources, ada)
    await clock.pass_seconds(clock.watch(), 3)
    await clock.sum_second()
    clock.now += timedelta(seconds=HOLE_SECONDS + 100)
    after = clock.watch()

    await clock.pass_seconds(after, 5)
    assert await kinds_of(resources, ada) == []
    await clock.pass_seconds(after, 1)

    assert await kinds_of(resources, ada) == ["raised"]


async def test_two_processes_that_both_believe_to_watch_tell_it_once(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    await rule_of(resources, ada)
    one, other = clock.watch(), clock.watch()

    for value in (HIGH, LOW):
        for _ in range(TO_CLEAR):
            before = clock.now
            await clock.pass_seconds(one, 1, value)
            clock.now = before
            await clock.pass_seconds(other, 1, value)

    assert await kinds_of(resources, ada) == ["raised", "cleared"]


async def test_a_move_from_a_turn_that_is_over_is_not_made(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    """Without the turn in the statement both moves would be made: the twin of the test above."""
    await rule_of(resources, ada)
    store = RuleStore(resources.database, resources.jobs)
    [seen] = await store.load(seen_at=None)
    move = Move(seen, seen.standing, "raised")

    assert await store.make([move], at=clock.now) == {seen.id}
    assert await store.make([move], at=clock.now) == set()
    assert await kinds_of(resources, ada) == ["raised"]


async def test_what_could_not_be_stored_is_told_with_the_next_second(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    await rule_of(resources, ada, for_seconds=2)
    watch = clock.watch()
    await clock.pass_seconds(watch, 2)
    async with resources.database.transaction() as work:
        await work.session.execute(text("ALTER TABLE dashboards_events RENAME TO away"))
    try:
        for _ in range(3):
            with pytest.raises(Exception, match="dashboards_events"):
                await clock.pass_seconds(watch, 1)
    finally:
        async with resources.database.transaction() as work:
            await work.session.execute(text("ALTER TABLE away RENAME TO dashboards_events"))

    await clock.pass_seconds(watch, 1)

    assert await kinds_of(resources, ada) == ["raised"]


async def test_a_changed_rule_begins_anew_and_a_deleted_one_ends_and_both_say_so_once(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    who, watch = ada.principal, clock.watch()
    changed = await rule_of(resources, ada, name="Changed")
    deleted = await rule_of(resources, ada, name="Deleted")
    await clock.pass_seconds(watch, 6)

    higher = RuleDraft.model_validate({**BUSY, "name": "Changed", "threshold": 95.0})
    await service.change_rule(who, resources.database, rule_id=changed.id, draft=higher)
    await service.delete_rule(who, resources.database, rule_id=deleted.id)
    await clock.pass_seconds(watch, 30)

    told = [(event.name, event.kind) for event in await events_of(resources, ada)]
    assert sorted(told) == [
        ("Changed", "cleared"),
        ("Changed", "raised"),
        ("Deleted", "cleared"),
        ("Deleted", "raised"),
    ]
    assert await states(resources) == ["ok"]


async def test_new_rules_are_watched_within_seconds_and_others_keep_counting(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    await rule_of(resources, ada, name="Old", for_seconds=8)
    watch = clock.watch()
    await clock.pass_seconds(watch, 5)
    await rule_of(resources, ada, name="New", for_seconds=0)

    await clock.pass_seconds(watch, 4)

    assert [event.name for event in await events_of(resources, ada)] == ["New", "Old"]


async def test_who_may_no_longer_see_a_figure_is_told_nothing_of_it(
    resources: Resources, clock: Clock, ada: Person
) -> None:
    await rule_of(resources, ada)
    watch = clock.watch()
    await clock.pass_seconds(watch, 3)
    async with resources.database.transaction() as work:
        row = await work.session.get(UserRow, ada.user.id)
        assert row is not None
        row.disabled_at = clock.now

    await clock.pass_seconds(watch, 10)

    assert await kinds_of(resources, ada) == []


async def test_many_alerts_at_once_are_told_over_some_seconds_and_each_once(
    resources: Resources, clock: Clock, ada: Person, grace: Person
) -> None:
    people = (ada, grace)
    for number in range(MOVES_AT_ONCE // 2 + 5):
        for person in people:
            if number < 50:
                await rule_of(resources, person, name=f"Rule {number}", for_seconds=0)
    watch = clock.watch()

    await clock.pass_seconds(watch, 1)
    first = sum([len(await events_of(resources, person)) for person in people])
    await clock.pass_seconds(watch, 3)
    then = sum([len(await events_of(resources, person)) for person in people])

    assert first == MOVES_AT_ONCE
    assert then == MOVES_AT_ONCE + 10
