"""What a simulation is to do."""

from dataclasses import dataclass
from urllib.parse import urlsplit

ARRIVALS_LEAST_PER_SECOND = 50
LOOPBACK = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class Plan:
    """Each of ``count`` devices sends ``batch`` readings every ``interval_seconds``.

    ``cuts`` is the share of batches during which the socket is cut; ``seed`` decides which. All of
    it ends ``grace_seconds`` after ``seconds``, whatever the service does, once the devices have
    had ``arrive_seconds`` to connect.
    """

    url: str
    count: int
    seconds: float
    interval_seconds: float
    batch: int
    cuts: float
    seed: int
    grace_seconds: float = 20.0
    least_arrive_seconds: float = 15.0

    @property
    def arrive_seconds(self) -> float:
        """How long all devices together may take to connect."""
        return self.least_arrive_seconds + self.count / ARRIVALS_LEAST_PER_SECOND

    @property
    def port(self) -> int:
        """Where the service listens."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme in {"https", "wss"} else 80)

    @property
    def is_local(self) -> bool:
        """Whether the service is on this machine."""
        host = urlsplit(self.url).hostname or ""
        return host in LOOPBACK or host.startswith("127.")
