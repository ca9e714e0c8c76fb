"""Readings of devices: ``copy`` against the ORM's bulk insert, and a fleet that sends to one process.

Each simulated device is a real socket of the Python client with a token of its own: every five seconds it sends a
batch of ten readings, and goes on with the number after the last that it was told is stored. In the end the table is
compared with what the devices know.
"""

import asyncio
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any
from uuid import UUID
from uuid import uuid4

from app.database import Database
from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.embedded.place import ephemeral_place
from app.embedded.postgres import Postgres
from app.features.devices.live_topics import orders_topic
from app.features.devices.readings.partitions import make_partition
from app.features.devices.readings.writing import COLUMNS
from app.features.devices.tables import DeviceRow
from app.features.devices.tables import ProgressRow
from app.features.devices.tables import ReadingRow
from app.features.devices.tokens import Tokens
from app.identity import users
from app.realtime.client import Listener
from app.realtime.client.client import RealtimeClient
from app.realtime.client.credentials import Credentials
from app.realtime.client.failures import RealtimeError
from app.settings import DatabaseSettings
from app.settings import Settings
from sqlalchemy import insert
from sqlalchemy import text

from benchmarks.contestants import start_ours
from benchmarks.people import People
from benchmarks.report import Row
from benchmarks.report import at_least
from benchmarks.report import at_most

ROWS = 10_000
READINGS = 10
EVERY_SECONDS = 5.0
ANSWER_SECONDS = 8.0
GRACE_SECONDS = 30.0
JOIN_AT_ONCE = 50
FIRST = 200
RESTART_SECONDS = 2.0
COUNTS = text("SELECT device_id, count(*), count(DISTINCT number), max(number) FROM devices_readings GROUP BY 1")


@dataclass(frozen=True)
class Ratio:
    """Seconds for the same rows, the best round of each way."""

    rows: int
    copy_seconds: float
    bulk_insert_seconds: float
    add_all_seconds: float


@dataclass
class Device:
    """One simulated device and what it knows."""

    id: UUID
    token: str
    acknowledged: int = 0
    sent: int = 0
    failures: int = 0
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Fleet:
    """What a fleet did to one process."""

    devices: int
    seconds: float
    restarted: bool
    sent: int
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    failures: int
    readings_per_second: float
    median_ms: float
    p99_ms: float
    most_ms: float
    kib_per_device: float
    cpu_percent: float


@contextmanager
def database() -> Iterator[tuple[Postgres, Settings]]:
    """Yields a PostgreSQL with all tables, which is stopped and started in order."""
    place = ephemeral_place()
    server = Postgres(place)
    server.stop_signal = signal.SIGINT
    server.start()
    try:
        settings = Settings(database=DatabaseSettings(url=server.url))
        asyncio.run(migrate(settings, locations=migration_locations()))
        yield server, settings
    finally:
        server.kill()
        place.clear()


def measure(count: int, seconds: float, rounds: int) -> tuple[list[Row], list[object]]:
    """Measures both ways to insert, then the fleet, then the fleet with PostgreSQL restarted half-way."""
    with database() as (server, settings):
        ratio = asyncio.run(compare(settings, rounds))
        fleets = [asyncio.run(run(server, settings, count, seconds, restarts=restarts)) for restarts in (False, True)]
    gain = ratio.bulk_insert_seconds / ratio.copy_seconds
    rows = [at_least("copy against the ORM's bulk insert", gain, "x", bound=1, aim=5)]
    for fleet in fleets:
        name = f"{fleet.devices:,} devices{', PostgreSQL restarted' if fleet.restarted else ''}"
        expected = fleet.devices * READINGS / EVERY_SECONDS
        patience = 9_999 if fleet.restarted else 1_000
        rows += [
            at_most(f"{name}: lost", fleet.lost, "readings", bound=0, aim=0),
            at_most(f"{name}: doubled", fleet.doubled, "readings", bound=0, aim=0),
            at_least(f"{name}: committed", fleet.readings_per_second, "a second", bound=0.9 * expected, aim=expected),
            at_most(f"{name}: p99 acknowledged", fleet.p99_ms, "ms", bound=patience, aim=250),
            at_most(f"{name}: memory", fleet.kib_per_device, "KiB each", bound=32, aim=24),
        ]
    return rows, [ratio, *fleets]


async def compare(settings: Settings, rounds: int) -> Ratio:
    """Stores the same rows three ways, in turns, in a transaction each."""
    opened = Database(settings.database.model_copy(update={"statement_seconds": 60.0}))
    now = datetime.now(UTC)
    await make_partition(opened, now.date())
    await make_partition(opened, now.date() - timedelta(days=1))
    best = [float("inf")] * 3
    for _ in range(rounds):
        for way, store in enumerate((_copied, _inserted, _added)):
            devices = [uuid4() for _ in range(ROWS // READINGS)]
            rows = [
                (one, "pressure", now - timedelta(seconds=number), number, float(number))
                for one in devices
                for number in range(READINGS)
            ]
            began = time.perf_counter()
            async with opened.transaction() as work:
                await store(work, rows)
            best[way] = min(best[way], time.perf_counter() - began)
    async with opened.transaction() as work:
        await work.session.execute(text("TRUNCATE devices_readings"))
    await opened.close()
    return Ratio(ROWS, *best)


async def _copied(work: Any, rows: list[tuple[Any, ...]]) -> None:
    raw = await work.raw_connection()
    await raw.copy_records_to_table("devices_readings", records=rows, columns=COLUMNS)


async def _inserted(work: Any, rows: list[tuple[Any, ...]]) -> None:
    await work.session.execute(insert(ReadingRow), [dict(zip(COLUMNS, row, strict=True)) for row in rows])


async def _added(work: Any, rows: list[tuple[Any, ...]]) -> None:
    work.session.add_all(ReadingRow(**dict(zip(COLUMNS, row, strict=True))) for row in rows)
    await work.session.flush()


async def run(server: Postgres, settings: Settings, count: int, seconds: float, *, restarts: bool) -> Fleet:
    """Has the fleet send for a while."""
    opened = Database(settings.database)
    devices = await registered(opened, count, f"owner-{restarts}")
    ours = start_ours(f"ingest {restarts}", People(settings.database.url, []))
    url = f"http://127.0.0.1:{ours.server.port}"
    clients = [_client(url, one) for one in devices]
    try:
        await _join(clients[:FIRST])
        await asyncio.sleep(EVERY_SECONDS)
        base = ours.server.pss_bytes
        await _join(clients[FIRST:])
        cpu, began = ours.server.cpu_seconds, time.monotonic()
        stop = began + seconds
        talks = [_talk(one, client, stop) for one, client in zip(devices, clients, strict=True)]
        await asyncio.gather(_restart(server, began + seconds / 2 if restarts else None), *talks)
        took = time.monotonic() - began
        cpu = ours.server.cpu_seconds - cpu
        grown = ours.server.pss_bytes - base
    finally:
        for client in clients:
            with suppress(RealtimeError):
                await client.close()
        ours.stop()
    counts = await _counts(opened)
    await opened.close()
    return _fleet(devices, counts, seconds=took, restarted=restarts, grown=grown, cpu=cpu)


def _client(url: str, device: Device) -> RealtimeClient:
    """Returns a client that hears its orders and is seen there, as real devices do."""
    client = RealtimeClient(url, credentials=Credentials(bearer=device.token))
    client.subscribe(orders_topic(device.id), Listener(), presence=True)
    return client


async def _join(clients: list[RealtimeClient]) -> None:
    for begin in range(0, len(clients), JOIN_AT_ONCE):
        some = clients[begin : begin + JOIN_AT_ONCE]
        for client in some:
            client.open()
        await asyncio.gather(*(client.ready() for client in some))


async def _restart(server: Postgres, at: float | None) -> None:
    if at is not None:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(RESTART_SECONDS)
        server.start()


async def _talk(device: Device, client: RealtimeClient, stop: float) -> None:
    """Sends until ``stop``, and then until the last batch is acknowledged, or it has been too long."""
    due = time.monotonic() + random.random() * EVERY_SECONDS
    while due < stop:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        at_ms = int(time.time() * 1000)
        first = device.acknowledged + 1
        readings = [{"metric": "pressure", "value": float(first + n), "at_ms": at_ms - n} for n in range(READINGS)]
        device.sent += READINGS
        began = time.monotonic()
        while device.acknowledged < first and time.monotonic() < stop + GRACE_SECONDS:
            try:
                data = {"first": first, "readings": readings}
                told = await client.call("readings.put", data, seconds=ANSWER_SECONDS)
                device.acknowledged = told["last"]
            except RealtimeError:
                device.failures += 1
                await asyncio.sleep(random.random())
        device.seconds.append(time.monotonic() - began)  # of one that was given up, too
        due += EVERY_SECONDS


async def registered(opened: Database, count: int, owner: str) -> list[Device]:
    """Registers devices of one person, all at once."""
    tokens = Tokens(opened, prefix="dev_")
    devices = [Device(uuid4(), tokens.make()) for _ in range(count)]
    async with opened.transaction() as work:
        person = await users.create_user(
            work, email=f"{owner}@example.com", name=owner, password_hash="-", is_admin=False
        )
        rows = [
            {"id": one.id, "owner_id": person.id, "name": "Bench", "metrics": ["pressure"], **tokens.stored(one.token)}
            for one in devices
        ]
        await work.session.execute(insert(DeviceRow), rows)
        await work.session.execute(insert(ProgressRow), [{"device_id": one.id} for one in devices])
    return devices


async def _counts(opened: Database) -> dict[UUID, tuple[int, int, int]]:
    async with opened.reading() as session:
        return {row[0]: (row[1], row[2], row[3]) for row in await session.execute(COUNTS)}


def _fleet(
    devices: list[Device],
    counts: dict[UUID, tuple[int, int, int]],
    *,
    seconds: float,
    restarted: bool,
    grown: int,
    cpu: float,
) -> Fleet:
    found = [(one, counts.get(one.id, (0, 0, 0))) for one in devices]
    stored = sum(all_rows for _, (all_rows, _, _) in found)
    took = sorted(second for one in devices for second in one.seconds)
    return Fleet(
        devices=len(devices),
        seconds=round(seconds, 1),
        restarted=restarted,
        sent=sum(one.sent for one in devices),
        acknowledged=sum(one.acknowledged for one in devices),
        stored=stored,
        # Numbers rise by one, so that as many different ones as the highest acknowledged is all of them.
        lost=sum(max(0, one.acknowledged - different) for one, (_, different, _) in found),
        doubled=sum(all_rows - different for _, (all_rows, different, _) in found),
        failures=sum(one.failures for one in devices),
        readings_per_second=round(stored / seconds, 1),
        median_ms=round(1000 * took[len(took) // 2], 1),
        p99_ms=round(1000 * took[int(len(took) * 0.99)], 1),
        most_ms=round(1000 * took[-1], 1),
        kib_per_device=round(grown / 1024 / (len(devices) - FIRST), 1),
        cpu_percent=round(100 * cpu / seconds, 1),
    )
