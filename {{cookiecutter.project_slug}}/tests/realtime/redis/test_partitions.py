"""How topics are spread over a Cluster: evenly, and for ever the same."""

from collections import Counter

import pytest

from app.realtime.redis.keys import RedisKeys
from app.realtime.redis.partitions import PARTITIONS
from app.realtime.redis.partitions import SLOTS
from app.realtime.redis.partitions import balanced_tags
from app.realtime.redis.partitions import partition_of
from app.realtime.redis.partitions import slot_of_tag

KEYS = RedisKeys("app:", balanced_tags())


def partitions_per_node(tags: tuple[str, ...], nodes: int) -> list[int]:
    """Counts what each node has when the slots are shared in equal runs."""
    owners = Counter(slot_of_tag(tag.encode()) * nodes // SLOTS for tag in tags)
    return [owners[node] for node in range(nodes)]


def test_slots_are_those_of_the_specification() -> None:
    assert slot_of_tag(b"123456789") == 0x31C3
    assert slot_of_tag(b"foo") == 12182


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 5, 6, 7, 8, 12, 16])
def test_no_node_has_more_than_its_share(nodes: int) -> None:
    counts = partitions_per_node(balanced_tags(), nodes)

    assert sum(counts) == PARTITIONS
    assert max(counts) - min(counts) <= 1


def test_naive_tags_would_not_be_balanced() -> None:
    naive = tuple(str(number) for number in range(PARTITIONS))

    counts = partitions_per_node(naive, 6)

    assert max(counts) - min(counts) > 8


def test_the_tags_never_change() -> None:
    # Other tags would be other keys: every topic of a running service would start anew.
    tags = balanced_tags()

    assert (tags[0], tags[1], tags[64], tags[127]) == ("714", "639", "462", "2661")
    assert sum(map(int, tags)) == 122223
    assert partition_of("room:7", PARTITIONS) == 37


def test_everything_of_a_topic_lies_in_one_slot() -> None:
    topic, node = "room:{7} ü", "n"
    partition = KEYS.partition(topic)
    names = [
        KEYS.channel(topic),
        KEYS.meta(topic),
        KEYS.log(topic),
        KEYS.idempotency(topic, "k{1}"),
        KEYS.connections(topic),
        KEYS.users(topic),
        KEYS.version(topic),
        KEYS.entries(node, partition),
        KEYS.lingering(partition),
    ]

    assert {KEYS.slot(name) for name in names} == {slot_of_tag(KEYS.tags[partition].encode())}
    assert len(set(names)) == len(names)


def test_topics_are_spread_over_all_partitions() -> None:
    counts = Counter(KEYS.partition(f"room:{number}") for number in range(12_800))

    assert len(counts) == PARTITIONS
    assert max(counts.values()) < 200


def test_on_a_single_server_a_topic_has_a_tag_of_its_own() -> None:
    keys = RedisKeys("app:")

    assert keys.meta("room:7") == "app:{room:7}:meta"
    assert keys.lingering(0) == "app:lingering"
    assert list(keys.partitions) == [0]
