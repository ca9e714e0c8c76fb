"""What one caller may take: rates as token buckets, connections as counts."""

from collections import Counter
from collections import deque
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class Rate:
    """So much a second on average, and so much at once."""

    per_second: float
    burst: float

    def bucket(self, now: float) -> TokenBucket:
        """Returns a full bucket of this rate."""
        return TokenBucket(self.per_second, burst=self.burst, now=now)

    def at_least(self, other: "Rate") -> "Rate":
        """Returns the higher of the two, in both respects."""
        return Rate(max(self.per_second, other.per_second), max(self.burst, other.burst))


@dataclass(frozen=True, slots=True)
class InboundLimits:
    """What a connection may send: commands, and bytes of commands."""

    commands: Rate
    bytes: Rate


class InboundRate:
    """Holds one connection to its commands and bytes a second, and remembers what was refused.

    A namespace with a rate of its own has a bucket of its own: its commands cost the others none.
    """

    __slots__ = ("_bytes", "_commands", "_frames", "_own", "_refused_at")

    FLOOD = Rate(per_second=128 * 1024, burst=512 * 1024)
    REFUSED_MAX = 100
    REFUSED_SECONDS = 10.0

    def __init__(self, settings: RealtimeSettings, *, now: float) -> None:
        self._own: dict[str, TokenBucket] | None = None
        self._refused_at: deque[float] | None = None
        self.hold_to(inbound_limits(settings), now=now)

    def hold_to(self, limits: InboundLimits, *, now: float) -> None:
        """Begins anew with other limits: who is calling has become known."""
        self._commands = limits.commands.bucket(now)
        self._bytes = limits.bytes.bucket(now)
        self._frames = limits.bytes.at_least(self.FLOOD).bucket(now)

    def take(
        self, size_bytes: int, *, now: float, namespace: str = "", own: Rate | None = None
    ) -> float:
        """Counts one command; returns 0 when it may run, else the seconds to wait.

        ``own`` is the rate of the ``namespace`` that the command is about, if it has one.
        """
        commands = self._commands if own is None else self._own_bucket(namespace, own, now)
        wait_seconds = self._bytes.take(size_bytes, now=now) or commands.take(1, now=now)
        if wait_seconds:
            self._note_refusal(now)
        return wait_seconds

    def is_flood(self, size_bytes: int, *, now: float) -> bool:
        """Counts one frame, and tells whether its bytes are far too many to be looked at.

        What is free of the rate, such as pongs, has to be read all the same.
        """
        return self._frames.take(size_bytes, now=now) > 0

    def take_padding(self, size_bytes: int, *, now: float) -> None:
        """Counts bytes that are no command: blank lines, and whatever else is free but long."""
        if self._bytes.take(size_bytes, now=now):
            self._note_refusal(now)

    @property
    def is_ignored(self) -> bool:
        """Whether the caller kept sending after being told to wait."""
        refused_at = self._refused_at
        return (
            refused_at is not None
            and len(refused_at) == self.REFUSED_MAX
            and refused_at[-1] - refused_at[0] <= self.REFUSED_SECONDS
        )

    def _own_bucket(self, namespace: str, own: Rate, now: float) -> TokenBucket:
        if self._own is None:
            self._own = {}
        bucket = self._own.get(namespace)
        if bucket is None:
            bucket = self._own[namespace] = own.bucket(now)
        return bucket

    def _note_refusal(self, now: float) -> None:
        if self._refused_at is None:
            self._refused_at = deque(maxlen=self.REFUSED_MAX)
        self._refused_at.append(now)


def inbound_limits(settings: RealtimeSettings) -> InboundLimits:
    """Returns what a connection may send unless its kind of caller has limits of its own."""
    return InboundLimits(
        commands=Rate(settings.commands_per_second, settings.commands_burst),
        bytes=Rate(settings.inbound_bytes_per_second, settings.inbound_bytes_burst),
    )


@dataclass(frozen=True, slots=True)
class Full:
    """Why nobody more is let in for now; ``reason`` is for logs and metrics."""

    reason: str
    after_seconds: float


class Admission:
    """Counts the connections of this process, of each address and of each caller."""

    def __init__(self, settings: RealtimeSettings, *, now: float) -> None:
        self._settings = settings
        self._handshakes = TokenBucket(
            settings.handshakes_per_second, burst=settings.handshakes_per_second, now=now
        )
        self._addresses: Counter[str] = Counter()
        self._callers: Counter[UUID] = Counter()
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

    def enter_caller(self, caller: UUID) -> Full | None:
        """Counts one more connection of a user or a machine, or says why it is one too many."""
        if self._callers.get(caller, 0) >= self._settings.connections_per_user:
            return Full("user", 5.0)
        self._callers[caller] += 1
        return None

    def leave_caller(self, caller: UUID) -> None:
        """Forgets one connection of a user or a machine."""
        _decrement(self._callers, caller)


def _decrement(counter: Counter[Key], key: Key) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
