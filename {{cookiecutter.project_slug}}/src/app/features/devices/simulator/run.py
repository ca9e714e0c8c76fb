"""A simulation from the first socket to the last figure."""

import asyncio
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.database import Database
from app.errors import Unavailable
from app.telemetry.processes import pids_listening_on
from app.telemetry.processes import usage_of

from .device import SimulatedDevice
from .plan import Plan
from .registering import count_stored
from .tally import Report
from .tally import Tally

ARRIVE_AT_ONCE = 50  # a storm of thousands would be turned away, and slow down those who are in
WEIGHED_FROM = 200  # what the service needs for the first ones is no device's
WEIGHED_SHARE = 5
LEAVE_SECONDS = 15.0
PROGRESS_SECONDS = 1.0
FAILURES_SHOWN = 5

Tell = Callable[[str], None]


async def simulate(
    plan: Plan, database: Database, tokens: dict[UUID, str], *, tell: Tell
) -> Report:
    """Connects the devices, has them measure, and compares what they know with the table.

    Ends in time, whatever the service does: see ``Plan``.
    """
    tally = Tally()
    given = enumerate(tokens.items())
    devices = [SimulatedDevice(plan, tally, one, token, n) for n, (one, token) in given]
    ticker = asyncio.create_task(_tell_progress(devices, tally, tell), name="progress")
    try:
        grown_kib = await _run(plan, devices, tally)
    finally:
        ticker.cancel()
        await asyncio.gather(ticker, return_exceptions=True)
        await ended_within(LEAVE_SECONDS, [device.close() for device in devices])
    return await _report(plan, database, devices, tally, grown_kib=grown_kib)


async def _run(plan: Plan, devices: list[SimulatedDevice], tally: Tally) -> float | None:
    """Returns by how much the service grew for each device, where that can be seen."""
    pids = pids_listening_on(plan.port) if plan.is_local else []
    few = min(WEIGHED_FROM, len(devices) // WEIGHED_SHARE)
    await _arrive(devices[:few], plan.arrive_seconds)
    before = usage_of(pids)
    await _arrive(devices[few:], plan.arrive_seconds)
    tally.connected = sum(device.is_connected for device in devices)
    until = asyncio.get_running_loop().time() + plan.seconds
    work = [device.run(until) for device in devices]
    tally.unfinished = await ended_within(plan.seconds + plan.grace_seconds, work)
    after = usage_of(pids)
    if before is None or after is None:
        return None
    return (after.memory_kib - before.memory_kib) / (len(devices) - few)


async def _report(
    plan: Plan,
    database: Database,
    devices: list[SimulatedDevice],
    tally: Tally,
    *,
    grown_kib: float | None,
) -> Report:
    try:
        stored = await count_stored(database, {one.id: one.acknowledged for one in devices})
    except Unavailable as failure:
        tally.failures[f"the table: {failure.detail}"] += 1
        stored = None
    return Report(
        devices=plan.count,
        connected=tally.connected,
        seconds=plan.seconds,
        sent=tally.sent,
        acknowledged=tally.acknowledged,
        stored=stored.rows if stored else None,
        lost=tally.acknowledged - stored.acknowledged if stored else None,
        duplicated=stored.rows - stored.numbers if stored else None,
        repeats=tally.repeats,
        unfinished=tally.unfinished,
        cuts=tally.cuts,
        acknowledged_per_second=tally.acknowledged / plan.seconds,
        latency_p50_ms=tally.latencies.percentile_ms(50),
        latency_p99_ms=tally.latencies.percentile_ms(99),
        latency_most_ms=tally.latencies.most_ms,
        server_memory_kib_per_device=grown_kib,
        failures=dict(tally.failures.most_common(FAILURES_SHOWN)),
    )


async def ended_within(seconds: float, works: Sequence[Coroutine[Any, Any, None]]) -> int:
    """Runs all of these, and returns how many had to be given up."""
    if not works:
        return 0
    tasks = [asyncio.create_task(work, name="simulated device") for work in works]
    try:
        _, late = await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    return len(late)


async def _arrive(devices: Sequence[SimulatedDevice], seconds: float) -> None:
    """Connects some at a time; whoever is not in by then goes on trying."""
    gate = asyncio.Semaphore(ARRIVE_AT_ONCE)

    async def arrive(device: SimulatedDevice) -> None:
        async with gate:
            await device.arrive()

    await ended_within(seconds, [arrive(device) for device in devices])
    for device in devices:
        device.open()


async def _tell_progress(devices: list[SimulatedDevice], tally: Tally, tell: Tell) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        connected = sum(device.is_connected for device in devices)
        tell(
            f"{connected} of {len(devices)} connected, "
            f"{tally.sent} sent, {tally.acknowledged} acknowledged"
        )
