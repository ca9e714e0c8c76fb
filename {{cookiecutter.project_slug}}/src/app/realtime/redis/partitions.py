"""How topics are spread over a Redis Cluster: partitions, and the slots that they lie in.

A topic belongs to one of ``PARTITIONS`` partitions for ever, and everything of a partition lies in
one slot. The tags are chosen so that their slots are spread evenly: however many nodes share the
16,384 slots in equal runs, no two nodes differ by more than one or two partitions. (Naive tags,
0 to 127, gave 15 to 27 partitions per node on six nodes.)
"""

from binascii import crc_hqx
from functools import cache
from itertools import count
from zlib import crc32

PARTITIONS = 128
SLOTS = 16_384
SLOTS_OFF_CENTRE = 8


def slot_of_tag(tag: bytes) -> int:
    """Returns the slot of a hash tag: CRC-16/XMODEM, by the Redis Cluster specification."""
    return crc_hqx(tag, 0) % SLOTS


def partition_of(topic: str, partitions: int) -> int:
    """Returns the partition of a topic. Changing this moves every topic, see ``layout``."""
    return crc32(topic.encode()) % partitions


@cache
def balanced_tags(partitions: int = PARTITIONS) -> tuple[str, ...]:
    """Returns the tag of each partition: the smallest number whose slot is in its middle."""
    width = SLOTS // partitions
    tags: dict[int, str] = {}
    for number in count():
        tag = str(number)
        partition, place = divmod(slot_of_tag(tag.encode()), width)
        if abs(place - width // 2) <= SLOTS_OFF_CENTRE:
            tags.setdefault(partition, tag)
        if len(tags) == partitions:
            break
    return tuple(tags[partition] for partition in range(partitions))
