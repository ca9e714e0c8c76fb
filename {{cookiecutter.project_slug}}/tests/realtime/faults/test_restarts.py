"""Ending processes in order: thousands of sockets, and one node after the other under load."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from app.settings import Settings
from tests.realtime.faults.balancer import Balancer
from tests.realtime.faults.crowd import ROOM_FOR_A_CROWD
from tests.realtime.faults.crowd import End
from tests.realtime.faults.crowd import crowd
from tests.realtime.faults.crowd import ends_of
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.publisher import Publisher
from tests.realtime.faults.steps import finished
from tests.realtime.faults.steps import following
from tests.realtime.faults.steps import sees
from tests.realtime.faults.steps import violations

pytestmark = pytest.mark.slow

WINDOW_SECONDS = 2.0
FOLLOWERS = 30
TOPIC = "room:restarts"


async def drain(
    settings: Settings, *, sockets: int, window_seconds: float
) -> tuple[list[End], int]:
    """Ends a node with so many sockets while somebody publishes; returns the ends, the exit code.

    The times of the ends are counted from the signal.
    """
    limits = {**ROOM_FOR_A_CROWD, "REALTIME_DRAIN_WINDOW_SECONDS": str(window_seconds)}
    async with (
        nodes(2, settings.redis.url, **limits) as [node, other],
        crowd(node.port, sockets) as clients,
    ):
        publisher = Publisher("room:crowd", [other], rate_per_second=5)
        publisher.start()
        reading = asyncio.ensure_future(ends_of(clients))
        await sees(lambda: publisher.newest.offset >= 2)
        code = await node.end(signal.SIGTERM)
        ends = await reading
        await publisher.stop()
    return ends, code


def spread_seconds(ends: Sequence[End]) -> float:
    """Returns the time in which the middle nine tenths of the sockets ended."""
    times = sorted(end.at for end in ends)
    return times[len(times) * 95 // 100] - times[len(times) * 5 // 100]


async def test_two_thousand_sockets_are_closed_one_after_the_other(settings: Settings) -> None:
    ends, code = await drain(settings, sockets=2_000, window_seconds=WINDOW_SECONDS)

    assert {end.code for end in ends} == {1012}
    assert code == 0
    assert spread_seconds(ends) >= WINDOW_SECONDS / 2
    assert max(len(end.offsets) for end in ends) >= 2
    assert [end for end in ends if list(end.offsets) != sorted(set(end.offsets))] == []
    assert [end for end in ends if end.offsets and end.offsets[-1] != len(end.offsets)] == []


async def test_without_a_window_they_all_end_at_once(settings: Settings) -> None:
    ends, code = await drain(settings, sockets=50, window_seconds=0)

    assert {end.code for end in ends} == {1012}
    assert code == 0
    assert spread_seconds(ends) < WINDOW_SECONDS / 2


async def test_a_rolling_restart_loses_nothing_and_says_goodbye_to_all(settings: Settings) -> None:
    """Its twin, a process that ends without a goodbye, is in `test_kills`: 1006."""
    window = {"REALTIME_DRAIN_WINDOW_SECONDS": "1"}
    async with AsyncExitStack() as stack:
        three = await stack.enter_async_context(nodes(3, settings.redis.url, **window))
        balancer = await stack.enter_async_context(Balancer(three))
        followers = [
            Follower(f"careful {number}", TOPIC, lambda: balancer.port)
            for number in range(FOLLOWERS)
        ]
        careless = Follower("without since", TOPIC, lambda: balancer.port, resumes=False)
        await stack.enter_async_context(following(*followers, careless))
        publisher = Publisher(TOPIC, three, rate_per_second=30)
        publisher.start()

        exits = [await restart(node) for node in three]
        await finished(publisher, *followers, careless)

    assert exits == [0, 0, 0]
    assert {code for follower in followers for code in follower.codes} == {1012}
    assert all(follower.greetings > 1 for follower in followers)
    assert violations(publisher, *followers) == []
    assert [one.history.gaps for one in followers] == [[]] * FOLLOWERS
    assert violations(publisher, careless)


async def restart(node: Node) -> int:
    """Ends a node in order and starts it again; returns the exit code of its first life."""
    code = await node.end(signal.SIGTERM)
    await node.start()
    return code
