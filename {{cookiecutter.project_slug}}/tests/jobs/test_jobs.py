"""Jobs: in the caller's transaction, tried again, and what their ends mean."""

import asyncio

import pytest
import structlog

from app.database import Database
from app.errors import GiveUp
from app.errors import RetryLater
from app.jobs import Jobs
from app.jobs import pauses
from app.jobs.pauses import retry_seconds
from app.settings import JobsSettings
from app.telemetry.trace import bound_trace
from app.telemetry.trace import trace_of
from tests.jobs.rig import Payload
from tests.jobs.rig import enqueue
from tests.jobs.rig import execute
from tests.jobs.rig import statuses
from tests.jobs.rig import wait_until_statuses
from tests.jobs.rig import working

AN_HOUR_LATER = "UPDATE pgqueuer SET execute_after = execute_after - interval '1 hour' RETURNING 1"


async def test_a_job_runs_once_after_its_transaction(jobs: Jobs, database: Database) -> None:
    ran: asyncio.Queue[Payload] = asyncio.Queue()
    jobs.task("test.note", ran.put)

    await enqueue(jobs, database, "test.note", number=7)
    async with working(jobs):
        payload = await ran.get()
        await wait_until_statuses(database, [])

    assert payload == {"number": 7}
    assert ran.empty()


async def test_a_job_enqueued_as_the_first_statement_goes_with_a_rollback(
    jobs: Jobs, database: Database
) -> None:
    jobs.task("test.never", lambda _: asyncio.sleep(0))

    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as work:
            await jobs.enqueue(work, "test.never", payload={})
            raise ZeroDivisionError

    assert await statuses(database) == []


async def test_a_job_that_raises_is_tried_again_and_parked_in_the_end(
    jobs: Jobs, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "FIRST_RETRY_SECONDS", 0.01)
    tries = 0

    async def fail(payload: Payload) -> None:
        nonlocal tries
        tries += 1
        raise ValueError("not today")

    jobs.task("test.fail", fail)
    await enqueue(jobs, database, "test.fail")
    async with working(jobs):
        await wait_until_statuses(database, ["failed"])

    assert tries == 3


async def test_retry_later_chooses_the_pause(jobs: Jobs, database: Database) -> None:
    done = asyncio.Event()
    tries = 0

    async def later(payload: Payload) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RetryLater("once more", after_seconds=0.01)
        done.set()

    jobs.task("test.later", later)
    await enqueue(jobs, database, "test.later")
    async with working(jobs):
        await done.wait()

    assert tries == 2


async def test_retry_later_does_not_go_on_for_ever(jobs: Jobs, database: Database) -> None:
    tries = 0

    async def never(payload: Payload) -> None:
        nonlocal tries
        tries += 1
        raise RetryLater("not yet", after_seconds=0)

    jobs.task("test.never", never)
    await enqueue(jobs, database, "test.never")
    async with working(jobs):
        await wait_until_statuses(database, ["failed"])

    assert tries == 3


async def test_a_job_can_be_told_to_wait(jobs: Jobs, database: Database) -> None:
    ran: asyncio.Queue[Payload] = asyncio.Queue()
    jobs.task("test.note", ran.put)
    jobs.task("test.wake", lambda _: asyncio.sleep(0))
    async with database.transaction() as work:
        await jobs.enqueue(work, "test.note", payload={"at": "later"}, after_seconds=3_600)
        await jobs.enqueue(work, "test.note", payload={"at": "once"})

    async with working(jobs):
        order = [await ran.get()]
        await wait_until_statuses(database, ["queued"])
        assert await execute(database, AN_HOUR_LATER) == 1
        await enqueue(jobs, database, "test.wake")  # of itself a worker looks every few seconds
        order.append(await ran.get())

    assert order == [{"at": "once"}, {"at": "later"}]


async def test_the_lines_of_a_job_carry_the_request_that_asked_for_it(
    jobs: Jobs, database: Database
) -> None:
    seen: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def look(payload: Payload) -> None:
        seen.put_nowait(dict(structlog.contextvars.get_contextvars()))

    jobs.task("test.look", look)
    trace = trace_of(None)
    with bound_trace(trace, request_id="from-a-browser"):
        await enqueue(jobs, database, "test.look")
    async with working(jobs):
        facts = await seen.get()

    assert facts["request_id"] == "from-a-browser"
    assert facts["trace_id"] == trace.trace_id
    assert facts["span_id"] != trace.span_id
    assert facts["task"] == "test.look"
    assert facts["job"]


async def test_give_up_ends_the_trying_at_once(jobs: Jobs, database: Database) -> None:
    tries = 0

    async def give_up(payload: Payload) -> None:
        nonlocal tries
        tries += 1
        raise GiveUp("no such file")

    jobs.task("test.give_up", give_up)
    await enqueue(jobs, database, "test.give_up")
    async with working(jobs):
        await wait_until_statuses(database, ["failed"])

    assert tries == 1


async def test_a_job_that_runs_when_the_worker_stops_goes_back_into_the_queue(
    jobs: Jobs, database: Database
) -> None:
    started = asyncio.Event()

    async def endless(payload: Payload) -> None:
        started.set()
        await asyncio.Event().wait()

    jobs.task("test.endless", endless)
    await enqueue(jobs, database, "test.endless")
    async with working(jobs):
        await started.wait()

    assert await statuses(database) == ["queued"]


async def test_a_job_without_its_task_is_told_and_kept(jobs: Jobs, database: Database) -> None:
    known = asyncio.Event()
    old = Jobs(JobsSettings.model_construct(), database)
    old.task("test.old", lambda _: asyncio.sleep(0))
    await enqueue(old, database, "test.old")

    async def run(payload: Payload) -> None:
        known.set()

    jobs.task("test.other", run)
    await enqueue(jobs, database, "test.other")
    with structlog.testing.capture_logs() as lines:
        async with working(jobs):
            await known.wait()

    told = [line for line in lines if line["event"] == "jobs_without_their_task"]
    assert [(line["task"], line["jobs"]) for line in told] == [("test.old", 1)]
    assert await statuses(database) == ["queued"]


async def test_names_are_taken_once_and_unknown_ones_are_refused(
    jobs: Jobs, database: Database
) -> None:
    async def run(payload: Payload) -> None: ...

    async def scheduled() -> None: ...

    jobs.task("test.twice", run)
    jobs.schedule("test.nightly", "0 3 * * *", scheduled)

    with pytest.raises(ValueError, match="already"):
        jobs.task("test.twice", run)
    with pytest.raises(ValueError, match="already"):
        jobs.schedule("test.nightly", "0 4 * * *", scheduled)
    with pytest.raises(ValueError, match="cron"):
        jobs.schedule("test.never", "every day", scheduled)
    with pytest.raises(LookupError, match="unknown"):
        await enqueue(jobs, database, "test.unknown")


def test_pauses_grow_up_to_a_limit() -> None:
    seconds = [retry_seconds(tries) for tries in range(1, 15)]

    assert seconds[:4] == [1.0, 2.0, 4.0, 8.0]
    assert seconds[-1] == pauses.MOST_RETRY_SECONDS
