"""What a topic says while subscribers are still reading its log: kept once, for all of them."""

from app.realtime.backplane import Entry
from app.realtime.protocol.batch import Push


class JoiningBuffer:
    """A bounded buffer that lives as long as somebody joins.

    When it is full those who join now have overflowed, and whoever comes later starts afresh.
    """

    __slots__ = ("_bytes", "_joining", "_max_bytes", "_messages_max", "_presence", "messages")

    def __init__(self, *, messages_max: int, max_bytes: int) -> None:
        self._messages_max = messages_max
        self._max_bytes = max_bytes
        self._joining: dict[str, bool] = {}
        self._bytes = 0
        self._presence: list[Push] = []
        self.messages: list[Entry] = []

    def enter(self, connection_id: str) -> None:
        """Begins to keep messages for a connection."""
        self._joining[connection_id] = False

    def leave(self, connection_id: str) -> None:
        """Stops keeping messages for a connection."""
        self._joining.pop(connection_id, None)
        if not self._joining:
            self.forget_messages()
            self._presence.clear()

    def has_overflowed(self, connection_id: str) -> bool:
        """Whether more was said than is kept since the connection began to join."""
        return self._joining.get(connection_id, False)

    def add_message(self, entry: Entry) -> None:
        """Keeps a message if somebody joins."""
        if not self._joining:
            return
        self._bytes += len(entry.data)
        self.messages.append(entry)
        if len(self.messages) > self._messages_max or self._bytes > self._max_bytes:
            self.forget_messages()
            self._joining = dict.fromkeys(self._joining, True)

    def forget_messages(self) -> None:
        """Drops the messages: they are of an epoch that ended, or too many."""
        self.messages.clear()
        self._bytes = 0

    def add_presence(self, push: Push) -> None:
        """Keeps a presence diff if somebody joins; a lost one is noticed by its version."""
        if self._joining:
            self._presence = [*self._presence[-self._messages_max + 1 :], push]

    def presence_after(self, version: int | None) -> list[Push]:
        """Returns the diffs above a snapshot's ``version``; none when there was no snapshot."""
        if version is None:
            return []
        return [push for push in self._presence if push.version and push.version > version]
