"""What an idle connection weighs: the growth of a process between 200 of them and 2,000."""

import asyncio
import sys
from pathlib import Path

import pytest

from app.settings import Settings
from tests.realtime.faults.crowd import ROOM_FOR_A_CROWD
from tests.realtime.faults.crowd import crowd
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.nodes import nodes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process in /proc"),
]

BASE, SOCKETS, FEW = 200, 2_000, 1_000
TOPICS = ("room:7", "room:8")
WEIGHT_MAX_KIB = 24.0
SAVED_MIN_KIB = 4.0  # of 5.4
# Nobody here answers a ping.
PATIENT = {**ROOM_FOR_A_CROWD, "REALTIME_PING_SECONDS": "3600"}
CALM_KIB = 64
LOOKS = 120
LOOK_SECONDS = 0.25


def pss_kib(pid: int) -> int:
    """Returns the memory of a process; what it shares counts in parts."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


async def settled_kib(node: Node) -> int:
    """Returns the memory once it no longer changes, half a minute from now at the latest."""
    before = pss_kib(node.pid)
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK_SECONDS)
        now = pss_kib(node.pid)
        if abs(now - before) < CALM_KIB:
            break
        before = now
    return now


async def weight_kib(settings: Settings, sockets: int, **environment: str) -> float:
    """Returns what each of ``sockets`` above the first 200 has added."""
    async with (
        nodes(1, settings.redis.url, **PATIENT, **environment) as [node],
        crowd(node.port, BASE, topics=TOPICS),
    ):
        base = await settled_kib(node)
        async with crowd(node.port, sockets - BASE, topics=TOPICS):
            weight = (await settled_kib(node) - base) / (sockets - BASE)
            assert (await node.census())["connections"] == sockets
    print(f"{weight:.1f} KiB a connection, of {sockets}", environment or "")
    return weight


async def test_an_idle_connection_with_two_topics_stays_light(settings: Settings) -> None:
    assert await weight_kib(settings, SOCKETS) <= WEIGHT_MAX_KIB


async def heap_kib(settings: Settings, **environment: str) -> float:
    """Returns what each of 800 connections holds of the heap, to the byte.

    Pages of memory come and go with what a process did before; what is allocated does not.
    """
    plain = {**PATIENT, **environment, "PYTHONMALLOC": "malloc"}
    async with (
        nodes(1, settings.redis.url, **plain) as [node],
        crowd(node.port, BASE, topics=TOPICS),
    ):
        base = await node.heap_bytes()
        async with crowd(node.port, FEW - BASE, topics=TOPICS):
            held = (await node.heap_bytes() - base) / (FEW - BASE) / 1024
    assert base, "glibc's mallinfo2 is missing"
    print(f"{held:.2f} KiB of heap a connection", environment or "")
    return held


async def test_with_nothing_let_go_it_is_heavier(settings: Settings) -> None:
    light = await heap_kib(settings)

    heavy = await heap_kib(settings, REALTIME_PREFRAMED_WRITES="false")

    assert heavy - light >= SAVED_MIN_KIB
