"""The contract of ``app.realtime.presence_store``, for every adapter."""

from app.realtime.presence_store import Member
from app.realtime.presence_store import Snapshot
from tests.realtime.contracts.conftest import End
from tests.realtime.contracts.ears import until

TOPIC = "room:7"
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

    await left.presence.leave(TOPIC, "c-1", linger_seconds=0.1)

    assert users(await right.presence.snapshot(TOPIC)) == {"ada"}
    await until(lambda: right.ears.steps == [(["ada"], []), ([], ["ada"])])


async def test_a_reload_within_the_linger_is_not_seen(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    await left.presence.join(TOPIC, "c-1", ADA)
    await left.presence.join(TOPIC, "c-witness", GRACE)

    await left.presence.leave(TOPIC, "c-1", linger_seconds=0.1)
    await left.presence.leave(TOPIC, "c-witness", linger_seconds=0.2)
    await right.presence.join(TOPIC, "c-2", ADA)

    await until(lambda: ([], ["grace"]) in right.ears.steps)
    assert right.ears.steps == [(["ada"], []), (["grace"], []), ([], ["grace"])]


async def test_a_connection_that_comes_back_while_it_lingers_stays(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    await left.presence.join(TOPIC, "c-1", ADA)
    await left.presence.join(TOPIC, "c-witness", GRACE)

    await left.presence.leave(TOPIC, "c-1", linger_seconds=0.1)
    await left.presence.leave(TOPIC, "c-witness", linger_seconds=0.2)
    await left.presence.join(TOPIC, "c-1", ADA)

    await until(lambda: ([], ["grace"]) in right.ears.steps)
    assert users(await left.presence.snapshot(TOPIC)) == {"ada"}


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
