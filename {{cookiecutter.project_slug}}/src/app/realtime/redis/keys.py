"""Every name that the realtime core uses in Redis, and nothing else about it.

``docs/backplanes.md`` says what is kept under each, and for how long. The names of one topic share
a hash tag, so that a script may touch all of them on a Cluster too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """The names under one prefix."""

    prefix: str

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

    def entries(self, node: str) -> str:
        """Names the set of presence entries that a node answers for."""
        return f"{self.prefix}node:{node}"

    @property
    def nodes(self) -> str:
        """The sorted set of nodes by the end of their lease."""
        return f"{self.prefix}nodes"

    @property
    def lingering(self) -> str:
        """The sorted set of presence entries by the time they end."""
        return f"{self.prefix}lingering"

    @property
    def janitor(self) -> str:
        """The lock of the node whose turn it is to tidy up."""
        return f"{self.prefix}janitor"

    def probe(self, node: str) -> str:
        """Names the channel on which a node hears itself."""
        return f"{self.prefix}probe:{node}"

    def _of(self, topic: str, part: str) -> str:
        return f"{self.prefix}{{{topic}}}{part}"
