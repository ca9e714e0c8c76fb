"""Letters about alerts: one for each event, by a job, and never a flood."""

import json
from datetime import timedelta

from quart import Quart
from sqlalchemy import text
from sqlalchemy import update

from app.features.dashboards.alerts.machine import CALM_SECONDS
from app.features.dashboards.alerts.retention import delete_old_events
from app.features.dashboards.alerts.store import LETTERS_PER_HOUR
from app.features.dashboards.alerts.store import TASK
from app.features.dashboards.alerts.tables import EventRow
from app.resources import Resources
from tests.features.dashboards.alerts.rig import LOW
from tests.features.dashboards.alerts.rig import Clock
from tests.features.dashboards.alerts.rig import events_of
from tests.features.dashboards.alerts.rig import rule_of
from tests.letters import letters_to
from tests.people import Person

WAITING = text("SELECT payload FROM pgqueuer WHERE entrypoint = :task ORDER BY id")
TO_CLEAR = int(CALM_SECONDS) + 1


async def payloads(resources: Resources) -> list[dict[str, int]]:
    """Returns what the jobs are given that wait."""
    async with resources.database.reading() as session:
        return [json.loads(one) for one in await session.scalars(WAITING, {"task": TASK})]


async def test_each_event_is_one_letter_even_if_its_job_runs_again(
    app: Quart, resources: Resources, ada: Person
) -> None:
    clock = Clock(resources)
    await rule_of(resources, ada, name="Busy & <b>loud</b>", by_mail=True)
    watch = clock.watch()
    await clock.pass_seconds(watch, 6)
    await clock.pass_seconds(watch, TO_CLEAR, LOW)

    jobs = await payloads(resources)
    for payload in jobs * 2:
        await resources.jobs.tasks[TASK](dict(payload))

    raised, cleared = letters_to(app, ada.user.email)
    assert len(jobs) == 2
    assert raised.subject == "Busy & <b>loud</b> was raised"
    assert "The rule:  Requests above 80 /s\nThe value: 90 /s" in raised.text
    assert "Busy &amp; &lt;b&gt;loud&lt;/b&gt;" in raised.html
    assert cleared.subject == "Busy & <b>loud</b> has cleared"
    assert [event.letter for event in await events_of(resources, ada)] == ["sent", "sent"]


async def test_a_rule_that_wants_no_letter_sends_none(resources: Resources, ada: Person) -> None:
    clock = Clock(resources)
    await rule_of(resources, ada)

    await clock.pass_seconds(clock.watch(), 6)

    assert await payloads(resources) == []
    assert [event.letter for event in await events_of(resources, ada)] == ["none"]


async def test_letters_of_an_hour_are_numbered_and_the_events_are_all_kept(
    resources: Resources, ada: Person, grace: Person
) -> None:
    clock, many = Clock(resources), LETTERS_PER_HOUR + 4
    for number in range(many):
        await rule_of(resources, ada, name=f"Rule {number}", for_seconds=0, by_mail=True)
    await rule_of(resources, grace, for_seconds=0, by_mail=True)
    watch = clock.watch()

    await clock.pass_seconds(watch, 2)

    assert len(await payloads(resources)) == LETTERS_PER_HOUR + 1
    letters = [event.letter for event in await events_of(resources, ada)]
    assert sorted(letters) == ["due"] * LETTERS_PER_HOUR + ["held"] * 4
    clock.now += timedelta(hours=1)
    await clock.pass_seconds(watch, TO_CLEAR, LOW)
    letters = [event.letter for event in await events_of(resources, ada)][many:]
    assert sorted(letters) == ["due"] * LETTERS_PER_HOUR + ["held"] * 4


async def test_nobody_is_written_to_once_they_are_shut_out_or_gone(
    app: Quart, resources: Resources, ada: Person
) -> None:
    clock = Clock(resources)
    await rule_of(resources, ada, by_mail=True)
    await clock.pass_seconds(clock.watch(), 6)
    [payload] = await payloads(resources)
    async with resources.database.transaction() as work:
        await resources.identity.personal_data.erase(work, ada.principal.own_id)

    await resources.jobs.tasks[TASK](dict(payload))

    assert letters_to(app, ada.user.email) == []
    assert await events_of(resources, ada) == []


async def test_old_events_are_forgotten_and_others_stay(resources: Resources, ada: Person) -> None:
    clock = Clock(resources)
    await rule_of(resources, ada, name="Old")
    await rule_of(resources, ada, name="New")
    await clock.pass_seconds(clock.watch(), 6)
    aged = update(EventRow).where(EventRow.name == "Old")
    async with resources.database.transaction() as work:
        await work.session.execute(aged.values(at=clock.now - timedelta(days=91)))

    await delete_old_events(resources.database, days=90)

    assert [event.name for event in await events_of(resources, ada)] == ["New"]
