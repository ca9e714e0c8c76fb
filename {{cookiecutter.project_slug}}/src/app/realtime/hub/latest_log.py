"""The log of a topic of kind ``latest``: the newest value, and no wish for those before it."""

from collections.abc import Callable

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.hub.topic_log import GapReason
from app.realtime.hub.topic_log import TopicLog


class LatestLog(TopicLog):
    """Offsets still tell old from new; only a hole between them is no loss.

    ``newest`` is the value that whoever subscribes now is given, None when there is none. A gap is
    told for a new epoch, because offsets begin anew, and for a newest value that is gone.
    """

    __slots__ = ("newest",)

    def __init__(
        self,
        advance: Callable[[Position, Entry], None],
        gap: Callable[[Position, GapReason], None],
        *,
        held_max: int,
    ) -> None:
        super().__init__(advance, gap, held_max=held_max)
        self.newest: Entry | None = None

    def _goes_on_with(self, entry: Entry) -> bool:
        return entry.offset > self.position.offset

    def _start_of(self, history: History) -> Position:
        if not history.entries:
            return history.top
        # The place before the newest value, so that it is fanned out and remembered.
        return Position(history.top.epoch, history.entries[-1].offset - 1)

    def _append(self, entry: Entry) -> None:
        self.newest = entry
        super()._append(entry)

    def _continue_from(self, position: Position, reason: GapReason) -> None:
        self.newest = None
        super()._continue_from(position, reason)
