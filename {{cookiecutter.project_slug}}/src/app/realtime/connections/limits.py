"""What one caller may take: rates as token buckets, connections as counts."""

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

from app.principal import UserId
from app.settings import RealtimeSettings

Key = TypeVar("Key")


class TokenBucket:
    """Lets ``per_second`` through on average and ``burst`` at once."""

    __slots__ = ("_burst", "_filled_at", "_per_second", "_tokens")

    def __init__(self, per_second: float, *, burst: float, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = now

    def take(self, tokens: float, *, now: float) -> float:
        """Takes ``tokens`` and returns 0, or takes none and returns the seconds to wait.

        More than a whole burst costs a whole burst, or it could never pass.
        """
        tokens = min(tokens, self._burst)
        earned = (now - self._filled_at) * self._per_second
        self._tokens = min(self._burst, self._tokens + earned)
        self._filled_at = now
        if self._tokens >= tokens:
            self._tokens -= tokens
            return 0.0
        return (tokens - self._tokens) / self._per_second


class InboundRate:
    """Holds one connection to its commands and bytes a second, and counts what was refused."""

    __slots__ = ("_bytes", "_commands", "_refused", "_refused_since")

    REFUSED_MAX = 100
    REFUSED_SECONDS = 10.0

    def __init__(self, settings: RealtimeSettings, *, now: float) -> None:
        self._commands = TokenBucket(
            settings.commands_per_second, burst=settings.commands_burst, now=now
        )
        self._bytes = TokenBucket(
            settings.inbound_bytes_per_second, burst=settings.inbound_bytes_burst, now=now
        )
        self._refused = 0
        self._refused_since = now

    def take(self, size_bytes: int, *, now: float) -> float:
        """Counts one command; returns 0 when it may run, else the seconds to wait."""
        wait_seconds = self._bytes.take(size_bytes, now=now) or self._commands.take(1, now=now)
        if wait_seconds:
            self._note_refusal(now)
        return wait_seconds

    def _note_refusal(self, now: float) -> None:
        if now - self._refused_since > self.REFUSED_SECONDS:
            self._refused = 0
            self._refused_since = now
        self._refused += 1

    @property
    def is_ignored(self) -> bool:
        """Whether the caller kept sending after being told to wait."""
        return self._refused >= self.REFUSED_MAX


@dataclass(frozen=True, slots=True)
class Full:
    """Why nobody more is let in for now; ``reason`` is for logs and metrics."""

    reason: str
    after_seconds: float


class Admission:
    """Counts the connections of this process, of each address and of each user."""

    def __init__(self, settings: RealtimeSettings, *, now: float) -> None:
        self._settings = settings
        self._handshakes = TokenBucket(
            settings.handshakes_per_second, burst=settings.handshakes_per_second, now=now
        )
        self._addresses: Counter[str] = Counter()
        self._users: Counter[UserId] = Counter()
        self.connections = 0

    def enter(self, address: str, *, now: float) -> Full | None:
        """Counts a newcomer, or says why there is no room."""
        wait_seconds = self._handshakes.take(1, now=now)
        if wait_seconds:
            return Full("handshakes", max(1.0, wait_seconds))
        if self.connections >= self._settings.connections_per_process:
            return Full("process", 5.0)
        if self._addresses.get(address, 0) >= self._settings.connections_per_address:
            return Full("address", 5.0)
        self._addresses[address] += 1
        self.connections += 1
        return None

    def leave(self, address: str) -> None:
        """Forgets one connection that entered from ``address``."""
        self.connections -= 1
        _decrement(self._addresses, address)

    def enter_user(self, user: UserId) -> Full | None:
        """Counts one more connection of ``user``, or says why it is one too many."""
        if self._users.get(user, 0) >= self._settings.connections_per_user:
            return Full("user", 5.0)
        self._users[user] += 1
        return None

    def leave_user(self, user: UserId) -> None:
        """Forgets one connection of ``user``."""
        _decrement(self._users, user)


def _decrement(counter: Counter[Key], key: Key) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
