"""Processes that are killed or stopped, clocks that jump: what clients and peers notice."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import httpx
import pytest

from app.settings import Settings
from tests.programs import answers
from tests.realtime.faults.crowd import crowd
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.publisher import Publisher
from tests.realtime.faults.steps import finished
from tests.realtime.faults.steps import following
from tests.realtime.faults.steps import sees
from tests.realtime.faults.steps import violations

pytestmark = pytest.mark.slow

TWO_HOURS = 2 * 3600


async def test_a_killed_node_takes_nothing_with_it(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        [doomed, peer] = await stack.enter_async_context(nodes(2, settings.redis.url))
        eternal = {"REALTIME_NODE_LEASE_SECONDS": "600"}
        [twin] = await stack.enter_async_context(nodes(1, settings.redis.url, **eternal))
        ports = iter([doomed.port])
        mover = Follower("mover", "room:killed", lambda: next(ports, peer.port))
        stayer = Follower("stayer", "room:killed", lambda: peer.port)
        gone = Follower("gone", "room:killed", lambda: doomed.port)
        ghost = Follower("ghost", "room:killed", lambda: twin.port)
        await stack.enter_async_context(following(mover, stayer, gone, ghost))
        await sees(lambda: {"gone", "ghost", "mover"} <= stayer.present)
        # So seldom that a process which takes minutes to come back misses no more than is kept.
        publisher = Publisher("room:killed", [doomed, peer], rate_per_second=4)
        publisher.start()
        await sees(lambda: publisher.newest.offset > 8)

        killed_at = time.monotonic()
        await asyncio.gather(doomed.end(signal.SIGKILL), twin.end(signal.SIGKILL))
        await sees(lambda: "gone" not in stayer.present)
        gone_after_seconds = time.monotonic() - killed_at
        ghost_is_there = "ghost" in stayer.present
        await doomed.start()
        await answers(f"{doomed.url}/livez", status=200)
        await sees(lambda: gone.greetings > 1)
        await finished(publisher, mover, stayer, gone)

    print(f"presence of a killed node was gone after {gone_after_seconds:.1f} s")
    assert violations(publisher, mover, stayer, gone) == []
    assert (mover.codes, stayer.codes) == ([1006], [])
    assert mover.history.gaps == stayer.history.gaps == gone.history.gaps == []
    assert ghost_is_there


async def test_a_stopped_node_is_missed_only_by_its_own_and_catches_up(settings: Settings) -> None:
    hurried = {"REALTIME_NODE_LEASE_SECONDS": "3", "REALTIME_NODE_BEAT_SECONDS": "0.3"}
    async with AsyncExitStack() as stack:
        [stopped, peer] = await stack.enter_async_context(nodes(2, settings.redis.url, **hurried))
        eternal = {"REALTIME_NODE_LEASE_SECONDS": "600"}
        [twin] = await stack.enter_async_context(nodes(1, settings.redis.url, **eternal))
        inside = Follower("inside", "room:stopped", lambda: stopped.port)
        stayer = Follower("stayer", "room:stopped", lambda: peer.port)
        ghost = Follower("ghost", "room:stopped", lambda: twin.port)
        await stack.enter_async_context(following(inside, stayer, ghost))
        await sees(lambda: stayer.present == {"inside", "stayer", "ghost"})
        publisher = Publisher("room:stopped", [peer], rate_per_second=20)
        publisher.start()
        await sees(lambda: len(inside.history.values) > 10)

        for node in (stopped, twin):
            node.send(signal.SIGSTOP)
        await sees(lambda: "inside" not in stayer.present)
        still_seen = set(stayer.present)
        behind = publisher.newest.offset - len(inside.history.values)
        for node in (stopped, twin):
            node.send(signal.SIGCONT)
        await sees(lambda: stayer.present == {"inside", "stayer", "ghost"})
        await finished(publisher, inside, stayer)

    assert behind > 10
    assert still_seen == {"stayer", "ghost"}  # nobody lives in a stopped process with a long lease
    assert violations(publisher, inside, stayer) == []
    assert (inside.codes, stayer.codes) == ([], [])
    assert inside.history.gaps == stayer.history.gaps == []


async def jump(node: Node, seconds: int) -> None:
    """Moves the wall clock of a node."""
    async with httpx.AsyncClient(timeout=60) as client:
        (await client.post(f"{node.url}/clock/{seconds}")).raise_for_status()


async def test_a_jump_of_the_wall_clock_ends_no_socket(settings: Settings) -> None:
    aged = {"REALTIME_SOCKET_AGE_SECONDS": "3600"}
    async with AsyncExitStack() as stack:
        [node, peer] = await stack.enter_async_context(nodes(2, settings.redis.url, **aged))
        mistaken = {**aged, "NODE_CLOCK": "wall"}
        [twin] = await stack.enter_async_context(nodes(1, settings.redis.url, **mistaken))
        kept = await stack.enter_async_context(crowd(node.port, 40))
        lost = await stack.enter_async_context(crowd(twin.port, 40))
        followers = [
            Follower("inside", "room:jumped", lambda: node.port),
            Follower("stayer", "room:jumped", lambda: peer.port),
        ]
        await stack.enter_async_context(following(*followers))
        publisher = Publisher("room:jumped", [node, peer], rate_per_second=20)
        publisher.start()

        for there in (twin, node):
            await jump(there, TWO_HOURS)
        codes = {await client.close_code() for client in lost}
        await jump(node, -2 * TWO_HOURS)
        heard = publisher.newest.offset
        await sees(lambda: publisher.newest.offset > heard + 20)
        left = (await node.census())["connections"]
        await finished(publisher, *followers)

    assert codes == {1012}
    assert left == len(kept) + 1
    assert violations(publisher, *followers) == []
    assert [one.codes for one in followers] == [[], []]
