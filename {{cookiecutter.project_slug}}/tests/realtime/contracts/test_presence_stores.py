"""The contract of ``app.realtime.presence_store``, for every adapter."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from functools import partial
from itertools import count

from app.realtime.presence_store import Member
from app.realtime.presence_store import Snapshot
from tests.realtime.contracts.conftest import End
from tests.realtime.contracts.ears import Ears
from tests.realtime.contracts.ears import until

TOPIC = "room:7"
LINGER_SECONDS = 0.4
ADA = Member("ada", {"name": "Ada", "tags": [], "odd": 'ü"\n|', "nested": {}})
GRACE = Member("grace", {})


def users(snapshot: Snapshot) -> set[str]:
    return {member.user for member in snapshot.members or ()}


async def test_whoever_joins_sees_everybody_and_is_seen(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)

    first = await left.presence.join(TOPIC, "c-1", ADA)
    second = await right.presence.join(TOPIC, "c-2", GRACE)

    assert first.members == [ADA]
    assert users(second) == {"ada", "grace"}
    assert second.version == first.version + 1
    await until(lambda: right.ears.steps == [(["ada"], []), (["grace"], [])])
    assert [diff.count for _, diff in right.ears.diffs] == [1, 2]
    assert right.ears.diffs[0][1].joined == [ADA]


async def test_a_diff_has_the_version_that_a_snapshot_then_has(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    before = await right.presence.snapshot(TOPIC)

    await left.presence.join(TOPIC, "c-1", ADA)

    await until(lambda: len(right.ears.diffs) == 1)
    assert right.ears.diffs[0][1].version == before.version + 1
    assert (await right.presence.snapshot(TOPIC)).version == before.version + 1


async def test_a_person_counts_once_and_leaves_with_the_last_connection(
    left: End, right: End
) -> None:
    await right.backplane.subscribe(TOPIC)
    await left.presence.join(TOPIC, "c-1", ADA)
    both = await right.presence.join(TOPIC, "c-2", ADA)

    await left.presence.leave(TOPIC, "c-1", linger_seconds=0)
    still = await left.presence.snapshot(TOPIC)
    await right.presence.leave(TOPIC, "c-2", linger_seconds=0)

    assert both.count == still.count == 1
    await until(lambda: right.ears.steps == [(["ada"], []), ([], ["ada"])])
    assert (await left.presence.snapshot(TOPIC)).count == 0


async def test_joining_twice_with_one_connection_counts_once(left: End) -> None:
    await left.presence.join(TOPIC, "c-1", ADA)
    await left.presence.join(TOPIC, "c-1", ADA)

    await left.presence.leave(TOPIC, "c-1", linger_seconds=0)

    assert (await left.presence.snapshot(TOPIC)).count == 0


async def test_leaving_without_being_there_is_nothing(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)

    await left.presence.leave(TOPIC, "c-none", linger_seconds=0)
    await left.presence.leave(TOPIC, "c-none", linger_seconds=5)
    await left.presence.join(TOPIC, "c-1", ADA)

    await until(lambda: right.ears.steps == [(["ada"], [])])


async def test_a_linger_ends_by_itself(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    await left.presence.join(TOPIC, "c-1", ADA)

    left_at = asyncio.get_running_loop().time()
    await left.presence.leave(TOPIC, "c-1", linger_seconds=LINGER_SECONDS)

    present = users(await right.presence.snapshot(TOPIC))
    is_over = asyncio.get_running_loop().time() - left_at >= LINGER_SECONDS
    assert present == {"ada"} or is_over
    await until(lambda: right.ears.steps == [(["ada"], []), ([], ["ada"])])


async def come_back(left: End, right: End, returns: Callable[[str], Awaitable[object]]) -> str:
    """Has Ada leave and return while she lingers, and Grace leave for good; returns the topic.

    A machine that stood still for longer than she lingers shows nothing: then it is another topic.
    """
    loop, numbers = asyncio.get_running_loop(), count()
    while True:
        topic = f"room:{next(numbers)}"
        await right.backplane.subscribe(topic)
        await left.presence.join(topic, "c-1", ADA)
        await left.presence.join(topic, "c-witness", GRACE)
        left_at = loop.time()
        await left.presence.leave(topic, "c-1", linger_seconds=LINGER_SECONDS)
        await left.presence.leave(topic, "c-witness", linger_seconds=1.5 * LINGER_SECONDS)
        await returns(topic)
        if loop.time() - left_at < LINGER_SECONDS:
            await until(partial(has_gone, right.ears, topic))
            return topic


def has_gone(ears: Ears, topic: str) -> bool:
    """Tells whether Grace was seen to leave, who lingered longer than Ada would have."""
    return ([], ["grace"]) in ears.steps_on(topic)


async def test_a_reload_within_the_linger_is_not_seen(left: End, right: End) -> None:
    topic = await come_back(left, right, lambda at: right.presence.join(at, "c-2", ADA))

    assert right.ears.steps_on(topic) == [(["ada"], []), (["grace"], []), ([], ["grace"])]


async def test_a_connection_that_comes_back_while_it_lingers_stays(left: End, right: End) -> None:
    topic = await come_back(left, right, lambda at: left.presence.join(at, "c-1", ADA))

    assert users(await left.presence.snapshot(topic)) == {"ada"}


async def test_above_the_limit_a_snapshot_is_a_count(left: End) -> None:
    snapshots = [
        await left.presence.join(TOPIC, f"c-{number}", Member(f"user-{number}", {}))
        for number in range(4)
    ]

    assert [snapshot.count for snapshot in snapshots] == [1, 2, 3, 4]
    assert snapshots[2].members is not None
    assert snapshots[3].members is None


async def test_topics_do_not_mix(left: End, right: End) -> None:
    await right.backplane.subscribe("room:8")

    await left.presence.join(TOPIC, "c-1", ADA)
    await left.presence.join("room:8", "c-1", GRACE)

    await until(lambda: len(right.ears.diffs) == 1)
    assert right.ears.steps == [(["grace"], [])]
    assert users(await right.presence.snapshot("room:8")) == {"grace"}


async def test_a_node_that_closes_leaves_its_people_lingering(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    await left.presence.join(TOPIC, "c-1", ADA)
    await left.presence.join(TOPIC, "c-2", GRACE)

    await left.presence.close()
    kept = users(await right.presence.snapshot(TOPIC))
    await right.presence.join(TOPIC, "c-3", ADA)

    assert kept == {"ada", "grace"}
    await until(lambda: ([], ["grace"]) in right.ears.steps)
    assert users(await right.presence.snapshot(TOPIC)) == {"ada"}
