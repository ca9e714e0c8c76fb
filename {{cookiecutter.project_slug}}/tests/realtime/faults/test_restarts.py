"""Ending processes in order: thousands of sockets, and one node after the other under load."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from app.settings import Settings
from tests.programs import eventually
from tests.realtime.faults.balancer import Balancer
from tests.realtime.faults.crowd import ROOM_FOR_A_CROWD
from tests.realtime.faults.crowd import End
from tests.realtime.faults.crowd import ends_of
from tests.realtime.faults.crowd import gather_crowd
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.history import judge
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.publisher import Publisher

pytestmark = pytest.mark.slow

WINDOW_SECONDS = 2.0
FOLLOWERS = 30
SETTLE_SECONDS = 20.0


async def drain(
    settings: Settings, *, sockets: int, window_seconds: float
) -> tuple[list[End], int]:
    """Ends a node with so many sockets while somebody publishes; returns the ends, the exit code.

    The times of the ends are counted from the signal.
    """
    limits = {**ROOM_FOR_A_CROWD, "REALTIME_DRAIN_WINDOW_SECONDS": str(window_seconds)}
    async with nodes(2, settings.redis.url, **limits) as [node, other]:
        crowd = await gather_crowd(node.port, sockets)
        publisher = Publisher("room:crowd", [other], rate_per_second=5)
        publisher.start()
        reading = asyncio.ensure_future(ends_of(crowd))
        await eventually(lambda: publisher.newest.offset >= 2, within_seconds=SETTLE_SECONDS)
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
    ends, code = await drain(settings, sockets=300, window_seconds=0)

    assert {end.code for end in ends} == {1012}
    assert code == 0
    assert spread_seconds(ends) < WINDOW_SECONDS / 2


async def restart_all(three: Sequence[Node], number: signal.Signals) -> list[Follower]:
    """Restarts one node after the other under load; returns the followers, all judged lossless.

    The last one does not say where it was.
    """
    publisher = Publisher("room:restarts", three, rate_per_second=30)
    async with Balancer(three) as balancer, AsyncExitStack() as stack:
        names = [*(f"careful {number}" for number in range(FOLLOWERS)), "without since"]
        followers = [
            Follower(name, "room:restarts", lambda: balancer.port, resumes=name != "without since")
            for name in names
        ]
        for follower in followers:
            follower.start()
            stack.push_async_callback(follower.stop)
        await eventually(
            lambda: all(follower.greetings for follower in followers), within_seconds=SETTLE_SECONDS
        )
        publisher.start()
        for node in three:
            await node.end(number)
            await node.start()
        await publisher.stop()
        await eventually(
            lambda: all(one.history.position == publisher.newest for one in followers),
            within_seconds=SETTLE_SECONDS,
        )
    verdicts = [judge(one.history, publisher.truth, final=publisher.newest) for one in followers]
    assert [line for verdict in verdicts[:-1] for line in verdict.violations] == []
    assert [one.history.gaps for one in followers[:-1]] == [[]] * FOLLOWERS
    assert verdicts[-1].lost
    return followers


async def test_a_rolling_restart_loses_nothing_and_says_goodbye_to_all(settings: Settings) -> None:
    window = {"REALTIME_DRAIN_WINDOW_SECONDS": "1"}
    async with nodes(3, settings.redis.url, **window) as three:
        followers = await restart_all(three, signal.SIGTERM)

    codes = {code for follower in followers for code in follower.codes}
    assert codes == {1012}
    assert all(follower.greetings > 1 for follower in followers)


async def test_nodes_killed_one_after_the_other_lose_nothing_but_say_nothing(
    settings: Settings,
) -> None:
    async with nodes(3, settings.redis.url) as three:
        followers = await restart_all(three, signal.SIGKILL)

    assert 1006 in {code for follower in followers for code in follower.codes}
