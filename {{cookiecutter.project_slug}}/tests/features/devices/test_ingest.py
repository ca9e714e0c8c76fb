"""Gathering and bounds: what waits, what is refused, and what a slow database does to devices."""

import asyncio
from collections.abc import Sequence
from uuid import UUID
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from app.errors import AppError
from app.errors import Invalid
from app.errors import Unavailable
from app.features.devices.readings.batches import Acknowledged
from app.features.devices.readings.batches import Batch
from app.features.devices.readings.batches import Reading
from app.features.devices.readings.ingest import Ingest
from app.features.devices.readings.meters import Meters
from app.features.devices.settings import DevicesSettings
from tests.realtime.rig import until

Outcomes = Sequence[Acknowledged | AppError]
Given = Sequence[tuple[UUID, Batch]]


class Table:
    """A database that is slow, or away, for as long as the test says."""

    def __init__(self) -> None:
        self.groups: list[Given] = []
        self.is_there = asyncio.Event()
        self.is_there.set()
        self.failures: list[Exception] = []

    async def write(self, batches: Given) -> Outcomes:
        await self.is_there.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.groups.append(batches)
        return [Acknowledged(batch.last, len(batch.readings)) for _, batch in batches]


def readings(count: int) -> Batch:
    """Returns a batch of that many."""
    return Batch(1, tuple(Reading("pressure", 1.0, 1) for _ in range(count)))


def ingest_into(table: Table, *, queue: int = 1_000, group: int = 10_000) -> Ingest:
    """Returns the queue in front of a table."""
    settings = DevicesSettings.model_construct(
        queue_readings=queue, group_readings=group, gather_seconds=0.001
    )
    return Ingest(table.write, settings, Meters(CollectorRegistry()))


async def test_what_comes_together_is_written_together_and_the_writer_ends() -> None:
    table = Table()
    ingest = ingest_into(table)

    answers = await asyncio.gather(*(ingest.put(uuid4(), readings(2)) for _ in range(50)))

    assert [one.stored for one in answers] == [2] * 50
    assert len(table.groups) == 1
    assert ingest.waiting_readings == 0
    await until(lambda: ingest._writing is None)


async def test_a_group_has_an_end() -> None:
    table = Table()
    ingest = ingest_into(table, group=10)

    await asyncio.gather(*(ingest.put(uuid4(), readings(4)) for _ in range(6)))

    assert [len(group) for group in table.groups] == [3, 3]


async def test_while_nothing_can_be_written_what_waits_is_bounded_and_the_rest_refused() -> None:
    table = Table()
    table.is_there.clear()
    ingest = ingest_into(table, queue=100)
    waiting = [asyncio.ensure_future(ingest.put(uuid4(), readings(10))) for _ in range(10)]
    await until(lambda: ingest.waiting_readings == 100)

    with pytest.raises(Unavailable, match="too much"):
        await ingest.put(uuid4(), readings(1))

    table.is_there.set()
    assert len(await asyncio.gather(*waiting)) == 10
    assert (await ingest.put(uuid4(), readings(1))).stored == 1


async def test_an_outage_is_waited_for_and_the_same_group_written_again() -> None:
    table = Table()
    table.failures = [Unavailable("away"), Unavailable("away")]
    ingest = ingest_into(table)

    assert (await ingest.put(uuid4(), readings(3))).stored == 3

    assert len(table.groups) == 1
    assert ingest.waiting_readings == 0


async def test_what_nobody_waits_for_any_more_is_not_written() -> None:
    table = Table()
    table.is_there.clear()
    ingest = ingest_into(table, group=1)
    first = asyncio.ensure_future(ingest.put(uuid4(), readings(1)))
    given_up = asyncio.ensure_future(ingest.put(uuid4(), readings(1)))
    last = asyncio.ensure_future(ingest.put(uuid4(), readings(1)))
    await until(lambda: ingest.waiting_readings == 3)

    given_up.cancel()
    table.is_there.set()
    await asyncio.gather(first, last)

    assert [len(group) for group in table.groups] == [1, 1]
    assert ingest.waiting_readings == 0


async def test_a_fault_of_ours_is_told_to_whoever_waits_and_the_next_batch_is_written() -> None:
    table = Table()
    table.failures = [RuntimeError("a bug")]
    ingest = ingest_into(table)

    with pytest.raises(Unavailable, match="went wrong"):
        await ingest.put(uuid4(), readings(1))

    assert (await ingest.put(uuid4(), readings(1))).stored == 1


async def test_at_the_end_nobody_is_left_waiting() -> None:
    table = Table()
    table.is_there.clear()
    ingest = ingest_into(table)
    waiting = asyncio.ensure_future(ingest.put(uuid4(), readings(1)))
    await until(lambda: ingest.waiting_readings == 1)
    await asyncio.sleep(0)

    await ingest.close()

    with pytest.raises(Unavailable, match="ends"):
        await waiting
    assert ingest.waiting_readings == 0


async def test_after_the_end_nothing_is_taken_that_nobody_would_write() -> None:
    table = Table()
    ingest = ingest_into(table)
    before = asyncio.all_tasks()
    await ingest.close()

    with pytest.raises(Unavailable, match="ends"):
        await ingest.put(uuid4(), readings(1))

    assert asyncio.all_tasks() == before
    assert table.groups == []


async def test_each_batch_is_told_its_own_outcome() -> None:
    class Judging(Table):
        async def write(self, batches: Given) -> Outcomes:
            return [Invalid("a hole"), Acknowledged(7, 1)]

    ingest = ingest_into(Judging())

    refused, stored = await asyncio.gather(
        ingest.put(uuid4(), readings(1)), ingest.put(uuid4(), readings(1)), return_exceptions=True
    )

    assert isinstance(refused, Invalid)
    assert stored == Acknowledged(7, 1)
