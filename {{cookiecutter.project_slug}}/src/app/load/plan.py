"""What a load test is to do."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.realtime.load_topics import NAMESPACE

SEEN_MAX_BYTES = 256 * 1024 * 1024
LOOPBACK = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate`` messages a second in all, spread over the topics; each socket listens to one."""

    url: str
    sockets: int
    topics: int
    rate: float
    seconds: float
    message_bytes: int
    run: str

    @property
    def messages(self) -> int:
        """How many messages are published."""
        return max(1, round(self.rate * self.seconds))

    @property
    def messages_per_topic(self) -> int:
        """How many messages a topic gets at most."""
        return -(-self.messages // self.topics)

    @property
    def is_too_big(self) -> bool:
        """Whether remembering who has seen what would take too much memory."""
        return self.sockets * self.messages_per_topic > SEEN_MAX_BYTES

    @property
    def is_local(self) -> bool:
        """Whether the service is on this machine."""
        host = urlsplit(self.url).hostname or ""
        return host in LOOPBACK or host.startswith("127.")

    @property
    def port(self) -> int:
        """Where the service listens."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme in {"https", "wss"} else 80)

    def topic(self, number: int) -> str:
        """Returns the topic of a message, or of a socket."""
        return f"{NAMESPACE}:{self.run}-{number % self.topics}"

    def listeners(self, number: int) -> int:
        """Returns how many sockets listen to the topic of a message."""
        place = number % self.topics
        return len(range(place, self.sockets, self.topics))
