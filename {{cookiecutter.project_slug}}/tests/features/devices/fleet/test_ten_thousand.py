"""Ten thousand devices of one owner among those of others: paged without a gap, and by indexes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import text

from app.database import Database
from app.features.devices.fleet.counting import Counts
from app.features.devices.fleet.counting import counted
from app.features.devices.schemas import Device
from app.features.devices.schemas import DevicesQuery
from app.features.devices.schemas import NewDevice
from app.features.devices.service import Devices
from app.settings import Settings
from tests.features.devices.fleet.very_many import add_pumps
from tests.people import Person
from tests.servers import connection

DEVICES = 10_000
OTHERS = 2_000
PAGE = 200
FEW = 100
# A tenth of them in one of many groups.
GROUPS = text("""
    WITH made AS (INSERT INTO devices_groups (id, owner_id, name)
                  SELECT gen_random_uuid(), :owner, 'Group ' || n FROM generate_series(1, 500) AS n
                  RETURNING id, name),
         filled AS (INSERT INTO devices_grouped (group_id, device_id)
                    SELECT made.id, devices.id FROM made, devices WHERE made.name = 'Group 250'
                    AND owner_id = :owner AND devices.name LIKE 'Pump ____5%')
    SELECT id FROM made WHERE name = 'Group 250'
""")
NARROWED: list[dict[str, object]] = [
    {},
    {"q": "pump"},
    {"q": "777"},
    {"q": "PUMP-04321"},
    {"q": "very indeed", "tag": "attic"},
    {"tag": "attic"},
    {"status": "online"},
    {"status": "offline", "q": "99"},
]
# What the list did before, and what many lists do: a page further down reads all before it.
NAIVE = "SELECT id FROM devices WHERE owner_id = $1 AND name ILIKE '%04321%'"
NAIVE_COUNT = """
    SELECT count(*), count(*) FILTER (WHERE seen_at > now() - interval '90 s' AND gone_at IS NULL)
    FROM devices LEFT JOIN devices_sightings ON device_id = devices.id WHERE devices.owner_id = $1
"""
OFFSET = "SELECT id FROM devices WHERE owner_id = $1 ORDER BY created_at, id LIMIT 51 OFFSET 9000"


@contextmanager
def statements() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """Yields the statements that this task sends to PostgreSQL, with their parameters.

    Others are of tasks that go on beside it, such as the one that tells counts.
    """
    sent: list[tuple[str, tuple[Any, ...]]] = []
    asking = asyncio.current_task()

    def note(
        _: object, __: object, statement: str, parameters: tuple[Any, ...], *rest: Any
    ) -> None:
        if asyncio.current_task() is asking:
            sent.append((statement, parameters))

    # Of every engine: that which reads has options, and is another one than that which writes.
    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


async def statement_of(
    devices: Devices, who: Person, asked: dict[str, object]
) -> tuple[str, tuple[Any, ...]]:
    """Returns the one statement that a list takes; something is found by it."""
    with statements() as sent:
        page = await devices.page(who.principal, DevicesQuery.model_validate(asked))
    assert page.items, asked
    [found] = sent
    return found


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields a plan and all that is below it."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


def looked_at(step: dict[str, Any]) -> int:
    """Returns how many rows a step has looked at."""
    each = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return int(step["Actual Loops"] * each)


def rows_read(plan: dict[str, Any]) -> int:
    """Returns how many devices were looked at, in the table or in an index of it."""
    return sum(looked_at(step) for step in steps(plan) if step.get("Relation Name") == "devices")


def sightings_read(plan: dict[str, Any]) -> int:
    """Returns how many sightings were looked at."""
    found = [one for one in steps(plan) if one.get("Relation Name") == "devices_sightings"]
    return sum(looked_at(step) for step in found)


async def statement_of_counts(
    database: Database, who: Person
) -> tuple[Counts, tuple[str, tuple[Any, ...]]]:
    """Returns how many devices somebody has, and the one statement that takes."""
    owner = who.principal.own_id
    with statements() as sent:
        async with database.reading() as session:
            counts = (await counted(session, [owner]))[owner]
    [found] = sent
    return counts, found


async def plan_of(raw: Any, options: str, statement: str, parameters: tuple[Any, ...]) -> Any:
    """Returns how PostgreSQL answers a statement."""
    told = await raw.fetchval(f"EXPLAIN (FORMAT JSON{options}) {statement}", *parameters)
    return json.loads(told)[0]["Plan"]


async def walk(devices: Devices, who: Person) -> list[Device]:
    """Returns all devices, page after page; meanwhile one more is registered."""
    found: list[Device] = []
    cursor = ""
    while True:
        page = await devices.page(who.principal, DevicesQuery(cursor=cursor, count=PAGE))
        if not found:
            await devices.register(who.principal, NewDevice(name="Latecomer"))
        found += page.items
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.slow
async def test_ten_thousand_devices_are_searched_and_paged_by_indexes_alone(
    devices: Devices, database: Database, settings: Settings, ada: Person, grace: Person
) -> None:
    await add_pumps(settings, grace, count=OTHERS)
    await add_pumps(settings, ada, count=DEVICES)
    async with database.transaction() as work:
        group = await work.session.scalar(GROUPS, {"owner": ada.principal.own_id})

    everything = await walk(devices, ada)
    places = [(one.created_at, one.id) for one in everything]
    assert len(everything) == DEVICES
    assert places == sorted(set(places), reverse=True)

    asked = {str(one): await statement_of(devices, ada, one) for one in NARROWED}
    asked["group"] = await statement_of(devices, ada, {"group": group})
    asked["outside"] = await statement_of(devices, ada, {"outside": group})
    deep = (await devices.page(ada.principal, DevicesQuery(count=PAGE))).next
    asked["cursor"] = await statement_of(devices, ada, {"cursor": deep})
    counts, counting = await statement_of_counts(database, ada)
    owner = (ada.principal.own_id,)
    async with connection(settings.database.url) as raw:
        searched = await plan_of(raw, ", ANALYZE", *asked["{'q': 'PUMP-04321'}"])
        further = await plan_of(raw, ", ANALYZE", *asked["cursor"])
        naive = await plan_of(raw, ", ANALYZE", NAIVE, owner)
        offset = await plan_of(raw, ", ANALYZE", OFFSET, owner)
        told = await plan_of(raw, ", ANALYZE", *counting)
        told_naively = await plan_of(raw, ", ANALYZE", NAIVE_COUNT, owner)
        # A table of this size is sometimes read from end to end because that is quicker; here,
        # because there is no other way.
        await raw.execute("SET enable_seqscan = off")
        plans = {name: await plan_of(raw, "", *one) for name, one in asked.items()}

    assert {name: plan for name, plan in plans.items() if "Seq Scan" in str(plan)} == {}
    assert max(rows_read(searched), rows_read(further)) < FEW * 2
    assert min(rows_read(naive), rows_read(offset)) > DEVICES * 0.9
    assert (counts.registered, counts.online) == (DEVICES + 1, DEVICES / 10)
    assert sightings_read(told) == counts.online, "and none of those that are away"
    assert sightings_read(told_naively) > DEVICES * 0.9


async def test_one_device_is_found_by_any_part_of_its_words_and_by_no_one_else(
    devices: Devices, ada: Person, grace: Person
) -> None:
    await devices.register(
        ada.principal, NewDevice(name="ESP32-00A4F9 (Zo\u00eb's \u0434\u0430\u0447\u0430)")
    )
    await devices.register(grace.principal, NewDevice(name="ESP32-00A4F9"))
    found = {
        search: len((await devices.page(ada.principal, DevicesQuery(q=search))).items)
        for search in (
            "a4f9", "32 00a", "O\u00cb", "\u0430\u0447", "ESP32-00A4F9", "zo\u00eb's", " ",
            "f9a4", "a4f9 x", "%", "_", "'", "\\", "':*", "!", "&",
        )
    }  # fmt: skip

    assert [search for search, count in found.items() if count] == [
        "a4f9", "32 00a", "O\u00cb", "\u0430\u0447", "ESP32-00A4F9", "zo\u00eb's", " "
    ]  # fmt: skip
