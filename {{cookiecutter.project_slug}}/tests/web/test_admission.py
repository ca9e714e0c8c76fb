"""More requests than can be answered: some are served as ever, the rest know at once (L3)."""

import asyncio
import resource
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.settings import WebSettings
from app.web.admission import Admission
from app.web.admission import Place
from app.web.meters import WebMeters
from tests.web.overload import CAPACITY_PER_SECOND
from tests.web.overload import PLACES
from tests.web.overload import WORK_SECONDS
from tests.web.overload import Workshop
from tests.web.overload import call
from tests.web.overload import crowd
from tests.web.overload import edge

SECONDS = 0.5
EVERYTHING = 1_000_000


def admission_of(**settings: Any) -> Admission:
    """Returns places for four, and more patience than a test needs."""
    chosen = {"requests_at_once": 4, "requests_wait_seconds": 60.0, **settings}
    return Admission(WebSettings.model_construct(**chosen), WebMeters())


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def taken(admission: Admission, count: int) -> list[Place]:
    places = [await admission.enter(has_body=False) for _ in range(count)]
    assert None not in places
    return [place for place in places if place is not None]


async def test_at_three_times_the_capacity_the_served_ones_are_served_as_fast_as_ever() -> None:
    workshop = Workshop()
    application, meters = edge(workshop)

    outcome = await crowd(application, per_second=3 * CAPACITY_PER_SECOND, seconds=SECONDS)
    after = [(await call(application))["status"] for _ in range(2 * PLACES)]

    asked = int(3 * CAPACITY_PER_SECOND * SECONDS)
    assert set(outcome.statuses) == {200, 503}
    assert outcome.statuses.total() == asked
    assert outcome.statuses[200] >= asked / 10
    assert outcome.statuses[503] >= asked / 3
    assert workshop.most_at_once <= PLACES
    print(f"the served ones took {outcome.slowest_served:.3f} s, of {WORK_SECONDS} s of work")
    assert all(headers[b"retry-after"] == b"1" for headers in outcome.refused_headers)
    assert set(after) == {200}
    shed = [
        meters.registry.get_sample_value("web_shed_total", {"reason": reason}) or 0
        for reason in ("full", "late", "slow")
    ]
    assert sum(shed) == outcome.statuses[503]


async def test_without_places_everybody_waits_longer_and_longer() -> None:
    workshop = Workshop()
    application, _ = edge(workshop, requests_at_once=EVERYTHING)

    outcome = await crowd(application, per_second=3 * CAPACITY_PER_SECOND, seconds=SECONDS)

    assert set(outcome.statuses) == {200}
    assert workshop.most_at_once > 10 * PLACES
    # Half a second of work at three times the capacity takes three halves.
    assert outcome.slowest_served > SECONDS


async def test_probes_and_realtime_endpoints_need_no_place() -> None:
    workshop = Workshop()
    application, _ = edge(workshop, requests_at_once=1, requests_wait_seconds=0.0)
    free = ("/livez", "/readyz", "/realtime/commands")

    answers = await asyncio.gather(*(call(application, path) for path in free for _ in range(3)))
    others = await asyncio.gather(*(call(application) for _ in range(3)))

    assert {answer["status"] for answer in answers} == {200}
    assert Counter(answer["status"] for answer in others) == {200: 1, 503: 2}


async def test_the_newest_who_waits_is_next() -> None:
    admission = admission_of(requests_at_once=2)
    first, second = await taken(admission, 2)
    older = asyncio.create_task(admission.enter(has_body=False))
    await asyncio.sleep(0)
    newer = asyncio.create_task(admission.enter(has_body=False))
    await asyncio.sleep(0)

    first.leave()
    assert await newer is not None
    assert not older.done()
    second.leave()
    assert await older is not None


async def test_whoever_waits_too_long_is_turned_away_and_takes_no_place() -> None:
    admission = admission_of(requests_at_once=1, requests_wait_seconds=0.01)
    (place,) = await taken(admission, 1)

    assert await admission.enter(has_body=False) is None
    place.leave()
    place.leave()
    (again,) = await taken(admission, 1)

    assert await admission.enter(has_body=False) is None
    again.leave()


async def test_a_caller_who_leaves_while_waiting_gives_the_place_on() -> None:
    admission = admission_of(requests_at_once=1)
    (place,) = await taken(admission, 1)
    waiting = asyncio.create_task(admission.enter(has_body=False))
    await asyncio.sleep(0)

    place.leave()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await taken(admission, 1)


async def test_requests_with_bodies_leave_room_for_others() -> None:
    admission = admission_of()

    bodies = [await admission.enter(has_body=True) for _ in range(4)]

    assert [place is not None for place in bodies] == [True, True, True, False]
    assert await admission.enter(has_body=False) is not None


async def test_a_loop_that_is_late_takes_on_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = admission_of(requests_late_seconds=0.1)
    (place,) = await taken(admission, 1)
    loop = asyncio.get_running_loop()

    admission._look(loop, due=loop.time() - 0.2)
    assert await admission.enter(has_body=False) is None
    admission._look(loop, due=loop.time())
    assert await admission.enter(has_body=False) is not None
    place.leave()


@pytest.mark.soak
async def test_half_a_minute_of_three_times_the_capacity_leaves_nothing_behind() -> None:
    workshop = Workshop()
    application, _ = edge(workshop)
    await crowd(application, per_second=CAPACITY_PER_SECOND / 4, seconds=1)
    before_bytes = resident_bytes()

    outcome = await crowd(application, per_second=3 * CAPACITY_PER_SECOND, seconds=30)
    after = await crowd(application, per_second=CAPACITY_PER_SECOND / 4, seconds=1)

    assert set(outcome.statuses) == {200, 503}
    assert outcome.slowest_served <= 10 * (2 * WORK_SECONDS + 0.05)
    assert set(after.statuses) == {200}
    assert resident_bytes() - before_bytes <= 64 * 1_024 * 1_024
