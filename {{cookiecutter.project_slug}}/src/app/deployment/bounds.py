"""Checks of numbers: a limit that is off, or so wide that it is none, and pairs that must agree."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.deployment.checks import Check
from app.deployment.checks import Severity
from app.deployment.checks import warning
from app.settings import KIB
from app.settings import MIB
from app.settings import Settings

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Bound:
    """A setting, the least and the most that it may be, and what happens outside."""

    id: str
    setting: str
    least: float
    most: float
    outside: str
    severity: Severity = "dangerous"

    def check(self) -> Check:
        """Returns the check that it makes."""
        remedy = f"Set {self.setting} between {self.least:,.10g} and {self.most:,.10g}."
        return Check(self.id, self.severity, remedy, self.find)

    def find(self, settings: Settings) -> str | None:
        """Returns what is wrong."""
        group, _, name = self.setting.lower().partition("_")
        value = getattr(getattr(settings, group), name)
        if self.least <= value <= self.most:
            return None
        return f"{self.setting} is {value:,.10g}: {self.outside}"


def _bounds() -> Iterator[Bound]:
    yield from _edge()
    yield from _identity()
    yield Bound(
        "database.003", "DATABASE_STATEMENT_SECONDS", 0.1, 300, "0 would be no limit at all"
    )
    yield Bound("database.004", "DATABASE_LOCK_SECONDS", 0.1, 60, "0 would be no limit at all")
    yield Bound("database.005", "DATABASE_POOL_WAIT_SECONDS", 0.1, 30, "requests would pile up")
    yield Bound("realtime.003", "REALTIME_SESSION_CHECK_SECONDS", 1, 300, "old sockets would stay")
    yield Bound(
        "realtime.004", "REALTIME_OUTBOUND_MAX_BYTES", KIB, 64 * MIB, "slow clients fill memory"
    )
    yield Bound(
        "realtime.005", "REALTIME_PONG_SECONDS", 1, 120, "who has vanished would stay for long"
    )
    yield Bound("jobs.001", "JOBS_MAX_ATTEMPTS", 1, 100, "a job that fails would go on for ever")


def _edge() -> Iterator[Bound]:
    fills = "one client could fill the memory"
    holds = "one client could hold what others need"
    yield Bound("web.003", "WEB_BODY_MAX_BYTES", KIB, 64 * MIB, fills)
    yield Bound("web.004", "WEB_BODY_SECONDS", 1, 600, holds)
    yield Bound("web.005", "WEB_RESPONSE_SECONDS", 1, 600, holds)
    yield Bound("web.006", "WEB_WEBSOCKET_MESSAGE_MAX_BYTES", KIB, 16 * MIB, fills)
    yield Bound("web.007", "WEB_WEBSOCKET_BUFFER_MESSAGES", 1, 1_000, fills)
    yield Bound("web.008", "WEB_WEBSOCKET_FRAMES_PER_SECOND", 1, 10_000, "a flood would go on")
    yield Bound("web.011", "WEB_REQUESTS_AT_ONCE", 1, 10_000, "too many requests would slow all")
    yield Bound("server.001", "SERVER_HEAD_SECONDS", 1, 60, holds)


def _identity() -> Iterator[Bound]:
    guessed = "passwords would be guessed, or forgotten"
    late = "an ended session would be believed for longer"
    yield Bound("identity.001", "IDENTITY_PASSWORD_MIN_CHARACTERS", 8, 64, guessed)
    yield Bound(
        "identity.002", "IDENTITY_SESSION_DAYS", 0.01, 90, "a stolen cookie would stay good"
    )
    yield Bound("identity.003", "IDENTITY_SESSION_CACHE_SECONDS", 0, 60, late)
    yield Bound(
        "identity.008", "IDENTITY_LINK_SECONDS", 60, 3_600, "an old letter would open an account"
    )
    yield Bound("identity.009", "IDENTITY_TOKEN_MAX_DAYS", 1, 400, "a lost token would stay good")
    yield Bound("identity.004", "IDENTITY_SESSION_OUTAGE_SECONDS", 0, DAY_SECONDS, late)
    yield Bound(
        "identity.005", "IDENTITY_TICKET_SECONDS", 1, 60, "an address in a log would open a socket"
    )


@warning("identity.006", "Set IDENTITY_SESSION_IDLE_DAYS below IDENTITY_SESSION_DAYS.")
def no_idle_limit(settings: Settings) -> str | None:
    """Finds an idle limit that the absolute one always comes before."""
    idle = settings.identity.session_idle_days
    if idle > settings.identity.session_days:
        return f"IDENTITY_SESSION_IDLE_DAYS is {idle:g}: sessions end before it"
    return None


@warning("realtime.006", "Set REALTIME_DRAIN_DEADLINE_SECONDS above the window.")
def drain_cut_short(settings: Settings) -> str | None:
    """Finds a drain whose deadline comes before its last goodbye."""
    window = settings.realtime.drain_window_seconds
    if window >= settings.realtime.drain_deadline_seconds:
        return (
            f"REALTIME_DRAIN_WINDOW_SECONDS is {window:g}: sockets would be cut without a goodbye"
        )
    return None


@warning(
    "realtime.007", "Set REALTIME_NODE_LEASE_SECONDS to three times REALTIME_NODE_BEAT_SECONDS."
)
def flapping_presence(settings: Settings) -> str | None:
    """Finds a lease that one late beat ends."""
    lease = settings.realtime.node_lease_seconds
    if lease < 2 * settings.realtime.node_beat_seconds:
        return f"REALTIME_NODE_LEASE_SECONDS is {lease:g}: one late beat ends everybody's presence"
    return None


CHECKS: tuple[Check, ...] = (
    *(bound.check() for bound in _bounds()),
    *(no_idle_limit, drain_cut_short, flapping_presence),
)
