"""A topic of which only the newest value matters, with nothing but values."""

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.hub.latest_log import LatestLog
from app.realtime.hub.topic_log import Reading


class Told:
    """What subscribers were told, in order: an offset, or a gap."""

    def __init__(self, top: int = 0, *, value: int | None = None) -> None:
        self.told: list[int | tuple[str, str, int]] = []
        self.log = LatestLog(self._advanced, self._gapped, held_max=4)
        assert self.log.absorb(self.reading(top, value))
        self.told.clear()

    def reading(self, top: int, value: int | None, *, epoch: str = "e1") -> Reading:
        """Returns a reading made now: ``value`` is the offset of what the log still has."""
        entries = [] if value is None else [Entry(value, b"%d" % value)]
        return Reading(History(Position(epoch, top), entries), self.log.suspicions)

    def receive(self, *offsets: int, epoch: str = "e1") -> None:
        """Announces values."""
        for offset in offsets:
            self.log.receive(epoch, Entry(offset, b"%d" % offset))

    def _advanced(self, position: Position, entry: Entry) -> None:
        assert position.offset == entry.offset
        self.told.append(entry.offset)

    def _gapped(self, position: Position, reason: str) -> None:
        self.told.append((reason, position.epoch, position.offset))


def test_the_first_reading_finds_the_newest_value() -> None:
    topic = Told(7, value=7)

    assert topic.log.newest == Entry(7, b"7")
    assert topic.log.position == Position("e1", 7)


def test_there_may_be_no_value_any_more() -> None:
    topic = Told(7)

    assert topic.log.newest is None
    assert topic.log.position == Position("e1", 7)


def test_a_hole_is_no_gap() -> None:
    topic = Told(7, value=7)

    topic.receive(8, 12)

    assert topic.told == [8, 12]
    assert topic.log.state == "live"
    assert topic.log.newest == Entry(12, b"12")


def test_an_older_value_that_comes_late_is_dropped() -> None:
    topic = Told(7, value=7)

    topic.receive(9, 8, 9, 10)

    assert topic.told == [9, 10]


def test_a_new_epoch_is_told_because_offsets_begin_anew() -> None:
    topic = Told(7, value=7)

    topic.receive(3, epoch="e2")

    assert topic.told == [("epoch", "e2", 2), 3]
    assert topic.log.newest == Entry(3, b"3")


def test_an_epoch_that_has_ended_does_not_come_back() -> None:
    topic = Told(7, value=7)

    topic.receive(1, epoch="e2")
    topic.receive(8, epoch="e1")

    assert topic.told == [("epoch", "e2", 0), 1]


def test_a_suspicion_ends_with_the_newest_value_and_no_gap() -> None:
    topic = Told(7, value=7)
    topic.log.suspect()

    assert topic.log.catch_up(topic.reading(12, 12), entries_max=500)

    assert topic.told == [12]
    assert topic.log.state == "live"


def test_a_suspicion_that_finds_another_epoch_fans_its_value_out() -> None:
    topic = Told(7, value=7)
    topic.log.suspect()

    assert topic.log.catch_up(topic.reading(4, 4, epoch="e2"), entries_max=500)

    assert topic.told == [("epoch", "e2", 3), 4]


def test_a_newest_value_that_nobody_has_any_more_is_a_loss() -> None:
    topic = Told(7, value=7)
    topic.log.suspect()

    assert topic.log.catch_up(topic.reading(12, None), entries_max=500)

    assert topic.told == [("lost", "e1", 12)]
    assert topic.log.newest is None
