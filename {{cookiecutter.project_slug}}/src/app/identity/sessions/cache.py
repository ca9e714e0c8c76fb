"""The sessions that this process has seen lately, so that not every request asks PostgreSQL."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.identity.sessions.record import SessionRecord
from app.principal import SessionId
from app.principal import UserId


@dataclass(slots=True)
class _Entry:
    record: SessionRecord
    checked_at: float


class SessionCache:
    """At most ``entries`` records by the hash of their token; the least recently used one leaves.

    A record is fresh for ``fresh_seconds`` after it was read, and stays for an outage of
    PostgreSQL: then it vouches for ``outage_seconds`` at most.
    """

    def __init__(
        self,
        entries: int,
        *,
        fresh_seconds: float,
        outage_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._entries = entries
        self._fresh_seconds = fresh_seconds
        self._outage_seconds = outage_seconds
        self._monotonic = monotonic
        self._by_token: OrderedDict[bytes, _Entry] = OrderedDict()
        self._token_of: dict[SessionId, bytes] = {}
        self.generation = 0

    def fresh(self, token_hash: bytes) -> SessionRecord | None:
        """Returns a record that needs no second look."""
        return self._younger_than(self._fresh_seconds, token_hash)

    def in_outage(self, token_hash: bytes) -> SessionRecord | None:
        """Returns a record that vouches while PostgreSQL is away."""
        return self._younger_than(self._outage_seconds, token_hash)

    def key_of(self, session_id: SessionId) -> bytes | None:
        """Returns the hash of the token of a session that is here, whatever its age."""
        return self._token_of.get(session_id)

    def put(self, token_hash: bytes, record: SessionRecord) -> None:
        """Remembers a record that was read just now."""
        self._by_token[token_hash] = _Entry(record, self._monotonic())
        self._by_token.move_to_end(token_hash)
        self._token_of[record.id] = token_hash
        if len(self._by_token) > self._entries:
            _, oldest = self._by_token.popitem(last=False)
            del self._token_of[oldest.record.id]

    def put_unless_forgotten(
        self, token_hash: bytes, record: SessionRecord, *, generation: int
    ) -> None:
        """Remembers a record, unless anything was forgotten since ``generation`` was read.

        A session can be revoked while its row is on the way here; storing that row would bring
        the session back to life.
        """
        if generation == self.generation:
            self.put(token_hash, record)

    def replace(self, record: SessionRecord) -> None:
        """Puts a changed record in the place of the one it was made from, if that is still here."""
        if token_hash := self._token_of.get(record.id):
            self._by_token[token_hash].record = record

    def forget(self, session_id: SessionId) -> None:
        """Drops a session, whatever its age."""
        self.generation += 1
        if token_hash := self._token_of.pop(session_id, None):
            del self._by_token[token_hash]

    def drop(self, token_hash: bytes) -> None:
        """Drops a session that PostgreSQL no longer has."""
        if entry := self._by_token.pop(token_hash, None):
            del self._token_of[entry.record.id]

    def forget_user(self, user_id: UserId) -> None:
        """Drops all sessions of a person; looks at every entry, and is rare."""
        self.generation += 1
        for entry in list(self._by_token.values()):
            if entry.record.principal.user_id == user_id:
                self.forget(entry.record.id)

    def __len__(self) -> int:
        return len(self._by_token)

    def _younger_than(self, seconds: float, token_hash: bytes) -> SessionRecord | None:
        entry = self._by_token.get(token_hash)
        if entry is None or self._monotonic() - entry.checked_at >= seconds:
            return None
        self._by_token.move_to_end(token_hash)
        return entry.record
