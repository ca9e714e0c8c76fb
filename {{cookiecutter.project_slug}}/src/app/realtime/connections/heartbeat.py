"""Signs of life, ages and deadlines of all connections, looked after by one task per process."""

from collections.abc import Callable

from app.realtime.connections.backlog import Backlog
from app.realtime.connections.connection import Connection
from app.realtime.connections.timer_wheel import TimerWheel
from app.settings import RealtimeSettings

BEAT_SECONDS = 0.25
STALLED_SECONDS = 1.0
GREETING_LOOK_SECONDS = 1.0


class Heartbeat:
    """Asks each connection when it is due; ``check`` is told whose session needs another look."""

    def __init__(
        self,
        settings: RealtimeSettings,
        backlog: Backlog,
        *,
        now: float,
        check: Callable[[Connection], None],
    ) -> None:
        self._settings = settings
        self._backlog = backlog
        self._check = check
        self._wheel: TimerWheel[Connection] = TimerWheel(slot_seconds=BEAT_SECONDS, now=now)
        self._beat_at = now

    def watch(self, connection: Connection) -> None:
        """Looks after ``connection`` until it is forgotten."""
        connection.beat = self._wheel.add(connection, due=self._next_due(connection))

    def forget(self, connection: Connection) -> None:
        """Lets go of one that has ended, now and not when it were due."""
        self._wheel.discard(connection, connection.beat)

    def beat(self, now: float) -> None:
        """Does everything that is due at ``now``."""
        has_stalled = now - self._beat_at > STALLED_SECONDS
        self._beat_at = now
        self._backlog.check_deadlines()
        for connection in self._wheel.turn(now):
            if connection.is_closing:
                continue
            if has_stalled:
                # A pong may be there that we had no time to read: our stall is not the client's.
                connection.forgive(now)
            connection.examine(now, self._settings)
            if connection.is_greeted and now >= self._check_due(connection):
                connection.checked_at = now
                self._check(connection)
            self.watch(connection)

    def _next_due(self, connection: Connection) -> float:
        if not connection.is_greeted:
            # Nobody tells the timer that hello was said, nor how long the credentials last.
            return min(connection.due_at(self._settings), self._beat_at + GREETING_LOOK_SECONDS)
        return min(
            connection.due_at(self._settings),
            connection.expiry_due_at(self._settings),
            self._check_due(connection),
        )

    def _check_due(self, connection: Connection) -> float:
        return connection.checked_at + self._settings.session_check_seconds
