"""Which presence versions this process has heard, and of which topics it may have missed one.

A diff that was lost while the subscriber connection was cut would be noticed with the next one
only, which may never come. So after a cut every topic is compared with Redis.
"""

from collections.abc import Collection


class HeardVersions:
    """One number per topic, forgotten when the topic is no longer subscribed to."""

    def __init__(self) -> None:
        self._heard: dict[str, int] = {}
        self._doubtful: set[str] = set()

    def heard(self, topic: str, version: int) -> None:
        """Learns of a diff."""
        self._heard[topic] = version

    def shown(self, topic: str, version: int) -> None:
        """Learns of what a newcomer was shown; those before it may have missed some of it."""
        self._heard.setdefault(topic, version)

    def suspect(self, topics: Collection[str]) -> None:
        """Learns that diffs of ``topics`` may have been lost."""
        self._doubtful.update(topic for topic in topics if topic in self._heard)

    def forget(self, topic: str) -> None:
        """Learns that nobody here listens to ``topic`` any more."""
        self._heard.pop(topic, None)
        self._doubtful.discard(topic)

    def doubtful(self) -> list[tuple[str, int]]:
        """Returns the topics that are to be compared, with what was heard last."""
        return [(topic, self._heard[topic]) for topic in self._doubtful]

    def settled(self, topic: str) -> None:
        """Learns that ``topic`` has been compared."""
        self._doubtful.discard(topic)
