"""Every name that the realtime core uses in Redis, and nothing else about it.

``docs/backplanes.md`` says what is kept under each, and for how long. The names of one topic share
a hash tag, so that a script may touch all of them on a Cluster too: there it is the tag of the
topic's partition, and what belongs to a partition as a whole has it as well.
"""

from dataclasses import dataclass

from app.realtime.redis.partitions import partition_of
from app.realtime.redis.partitions import slot_of_tag


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """The names under one prefix; ``tags`` has one for each partition of a Cluster."""

    prefix: str
    tags: tuple[str, ...] = ()

    @property
    def partitions(self) -> range:
        """The numbers of the partitions; a single server is one."""
        return range(len(self.tags) or 1)

    def partition(self, topic: str) -> int:
        """Returns the number of a topic's partition."""
        return partition_of(topic, len(self.tags)) if self.tags else 0

    def slot(self, key: str) -> int:
        """Returns the slot of a name on a Cluster."""
        begin = len(self.prefix) + 1
        return slot_of_tag(key[begin : key.index("}", begin)].encode())

    def slot_of(self, channel: bytes) -> int:
        """Returns the slot of a channel as it comes over the wire."""
        return self.slot(channel.decode())

    @property
    def slots(self) -> frozenset[int]:
        """The slots of a Cluster that anything lies in."""
        return frozenset(
            {self.slot(self.layout), *(slot_of_tag(one.encode()) for one in self.tags)}
        )

    def channel(self, topic: str) -> str:
        """Names the pub/sub channel of a topic."""
        return self._of(topic, "")

    def meta(self, topic: str) -> str:
        """Names the hash of epoch, newest offset and replication id."""
        return self._of(topic, ":meta")

    def log(self, topic: str) -> str:
        """Names the stream that holds the window."""
        return self._of(topic, ":log")

    def idempotency(self, topic: str, key: str) -> str:
        """Names the place of a message that was published with ``key``."""
        return self._of(topic, f":key:{key}")

    def connections(self, topic: str) -> str:
        """Names the hash of the connections that are there."""
        return self._of(topic, ":connections")

    def users(self, topic: str) -> str:
        """Names the hash of the people who are there."""
        return self._of(topic, ":users")

    def version(self, topic: str) -> str:
        """Names the version of the last presence diff."""
        return self._of(topic, ":version")

    def entries(self, node: str, partition: int) -> str:
        """Names the set of presence entries in a partition that a node answers for."""
        return f"{self._in(partition)}node:{node}"

    def lingering(self, partition: int) -> str:
        """Names the sorted set of presence entries in a partition by the time they end."""
        return f"{self._in(partition)}lingering"

    @property
    def nodes(self) -> str:
        """The sorted set of nodes by the end of their lease."""
        return f"{self._in(0)}nodes"

    @property
    def janitor(self) -> str:
        """The lock of the node whose turn it is to tidy up."""
        return f"{self._in(0)}janitor"

    @property
    def layout(self) -> str:
        """The number of partitions of a Cluster; found without knowing that number."""
        return f"{self.prefix}{{partitions}}"

    def probe(self, node: str) -> str:
        """Names the channel on which a node hears itself."""
        return f"{self.prefix}probe:{node}"

    def _of(self, topic: str, part: str) -> str:
        if self.tags:
            return f"{self._in(self.partition(topic))}{topic}{part}"
        return f"{self.prefix}{{{topic}}}{part}"

    def _in(self, partition: int) -> str:
        return f"{self.prefix}{{{self.tags[partition]}}}:" if self.tags else self.prefix
