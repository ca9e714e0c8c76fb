"""The backplane of one process, or of several hubs in one test: no server, the same contract."""

from collections.abc import Callable
from collections.abc import Sequence

from app.realtime.backplane import History
from app.realtime.backplane import Listener
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.memory.broker import MemoryBroker
from app.realtime.presence_store import Diff
from app.realtime.topics import Window


class MemoryBackplane:
    """One hub's end of a ``MemoryBroker``; a broker of its own when none is given."""

    def __init__(self, broker: MemoryBroker | None = None) -> None:
        self.broker = broker or MemoryBroker()
        self._listener: Listener | None = None
        self._topics: set[str] = set()
        self._deliver_presence: Callable[[str, Diff], None] = lambda _topic, _diff: None

    @property
    def failing(self) -> list[str]:
        """Names nothing: there are no tasks here."""
        return []

    async def open(self, listener: Listener) -> None:
        """Starts to hear the broker."""
        self._listener = listener
        self.broker.attach(self)

    async def close(self) -> None:
        """Stops hearing it, also what is on its way."""
        self.broker.detach(self)
        self._listener = None
        self._topics.clear()

    def deliver_presence_to(self, deliver: Callable[[str, Diff], None]) -> None:
        """Hands presence diffs of the topics subscribed to from now on to ``deliver``."""
        self._deliver_presence = deliver

    async def publish(
        self,
        topic: str,
        data: bytes,
        *,
        window: Window,
        key: str | None = None,
        key_seconds: int = 300,
    ) -> Published:
        """Appends to the topic's log and announces."""
        return self.broker.publish(topic, data, window=window, key=key, key_seconds=key_seconds)

    async def signal(
        self, topic: str, data: bytes, *, sender: str | None = None, key: str | None = None
    ) -> None:
        """Announces an ephemeral message."""
        self.broker.require()
        self.broker.announce(
            topic, lambda listener: listener.signal(topic, data, sender=sender, key=key)
        )

    async def subscribe(self, topic: str) -> None:
        """Hears announcements of ``topic`` from now on."""
        self.broker.require()
        self._topics.add(topic)

    def unsubscribe(self, topic: str) -> None:
        """Ends the interest, at once: here it saves nothing to keep it for a while."""
        self._topics.discard(topic)

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        """Reads the log after offset ``after``."""
        return self.broker.history(topic, after=after, limit=limit)

    async def tops(self, topics: Sequence[str]) -> Sequence[Position | None]:
        """Reads the newest positions of ``topics``."""
        return [self.broker.top(topic) for topic in topics]

    def hear(self, topic: str, tell: Callable[[Listener], None]) -> None:
        """Takes an announcement from the broker."""
        if self._listener is not None and topic in self._topics:
            tell(self._listener)

    def hear_presence(self, topic: str, diff: Diff) -> None:
        """Takes a presence diff from the broker."""
        if self._listener is not None and topic in self._topics:
            self._deliver_presence(topic, diff)

    def lose_contact(self) -> None:
        """Tells the listener that the backplane is away."""
        if self._listener is not None:
            self._listener.state(degraded=True)

    def regain_contact(self) -> None:
        """Tells the listener that something may have been lost, and that the backplane is back."""
        if self._listener is not None:
            self._listener.suspect(frozenset(self._topics))
            self._listener.state(degraded=False)
