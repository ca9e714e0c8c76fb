"""Offsets, holes and epochs of one topic, with nothing but values."""

import pytest

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.hub.topic_log import Reading
from app.realtime.hub.topic_log import TopicLog


class Told:
    """What subscribers were told, in order: an offset, or a gap."""

    def __init__(self, *, top: int = 0, epoch: str = "e1") -> None:
        self.told: list[int | tuple[str, str, int]] = []
        self.log = TopicLog(self._advanced, self._gapped, held_max=4)
        assert self.log.absorb(self.reading(top, epoch=epoch))

    def reading(self, top: int, *offsets: int, epoch: str = "e1") -> Reading:
        """Returns a reading made now."""
        return Reading(History(Position(epoch, top), entries(*offsets)), self.log.suspicions)

    def receive(self, *offsets: int, epoch: str = "e1") -> None:
        """Announces entries."""
        for entry in entries(*offsets):
            self.log.receive(epoch, entry)

    def _advanced(self, position: Position, entry: Entry) -> None:
        assert position.offset == entry.offset
        self.told.append(entry.offset)

    def _gapped(self, position: Position, reason: str) -> None:
        self.told.append((reason, position.epoch, position.offset))


def entries(*offsets: int) -> list[Entry]:
    return [Entry(offset, b"%d" % offset) for offset in offsets]


def test_announcements_in_order_are_fanned_out() -> None:
    topic = Told(top=41)

    topic.receive(42, 43)

    assert topic.told == [42, 43]
    assert topic.log.position == Position("e1", 43)


def test_what_was_seen_already_is_dropped() -> None:
    topic = Told(top=41)

    topic.receive(42, 42, 40, 43)

    assert topic.told == [42, 43]


def test_a_hole_makes_the_topic_suspect_and_holds_what_comes_after() -> None:
    topic = Told(top=41)

    topic.receive(44, 45)

    assert topic.log.state == "suspect"
    assert topic.told == []


def test_a_reading_fills_the_hole_in_order() -> None:
    topic = Told(top=41)
    topic.receive(44, 45)

    done = topic.log.catch_up(topic.reading(44, 42, 43, 44), entries_max=10)

    assert done
    assert topic.log.state == "live"
    assert topic.told == [42, 43, 44, 45]


def test_a_hole_that_cannot_be_filled_is_told_before_anything_newer() -> None:
    topic = Told(top=41)
    topic.receive(60)

    topic.log.catch_up(topic.reading(60, 59, 60), entries_max=10)
    topic.receive(61)

    assert topic.told == [("lost", "e1", 60), 61]


def test_a_hole_that_is_too_large_is_an_overflow() -> None:
    topic = Told(top=0)
    topic.receive(9)

    topic.log.catch_up(topic.reading(9, 1, 2, 3), entries_max=2)

    assert topic.told == [("overflow", "e1", 9)]


def test_a_hole_of_too_many_bytes_is_an_overflow_too() -> None:
    topic = Told(top=0)
    topic.receive(4)

    topic.log.catch_up(topic.reading(4, 1, 2, 3, 4), entries_max=10, max_bytes=3)

    assert topic.told == [("overflow", "e1", 4)]


def test_a_new_epoch_is_a_gap_and_then_the_message() -> None:
    topic = Told(top=41)

    topic.receive(1, 2, epoch="e2")

    assert topic.told == [("epoch", "e2", 0), 1, 2]


def test_a_late_message_of_an_epoch_that_ended_is_dropped() -> None:
    topic = Told(top=41)
    topic.receive(1, epoch="e2")

    topic.receive(42, epoch="e1")

    assert topic.told == [("epoch", "e2", 0), 1]
    assert topic.log.position == Position("e2", 1)


def test_a_reading_that_finds_another_epoch_is_a_gap_to_its_top() -> None:
    topic = Told(top=41)
    topic.log.suspect()

    topic.log.catch_up(topic.reading(3, epoch="e2"), entries_max=10)

    assert topic.told == [("epoch", "e2", 3)]
    assert topic.log.state == "live"


def test_a_reading_of_an_epoch_that_ended_is_not_judged_by() -> None:
    topic = Told(top=41)
    late = topic.reading(41)
    topic.receive(1, epoch="e2")

    assert not topic.log.absorb(late)
    topic.log.suspect()

    assert not topic.log.catch_up(late, entries_max=10)
    assert topic.log.state == "suspect"
    assert topic.told == [("epoch", "e2", 0), 1]


def test_of_two_readings_under_way_the_one_of_the_ended_epoch_is_not_judged_by() -> None:
    topic = Told(top=41)
    late = topic.reading(41)
    topic.log.absorb(topic.reading(3, epoch="e2"))

    assert not topic.log.absorb(late)
    topic.receive(4, epoch="e2")

    assert topic.told == [("epoch", "e2", 3), 4]


def test_a_reading_has_the_last_word_on_the_epoch() -> None:
    topic = Told(top=41)
    topic.receive(1, epoch="e2")
    topic.log.suspect()

    assert topic.log.catch_up(topic.reading(41), entries_max=10)

    assert topic.log.position == Position("e1", 41)
    assert topic.told[-1] == ("epoch", "e1", 41)


def test_a_reading_from_before_the_last_suspicion_does_not_end_it() -> None:
    topic = Told(top=41)
    topic.log.suspect()
    reading = topic.reading(41)
    topic.log.suspect()

    assert not topic.log.catch_up(reading, entries_max=10)
    topic.log.absorb(reading)

    assert topic.log.state == "suspect"
    assert topic.log.catch_up(topic.reading(41), entries_max=10)


def test_a_log_that_went_back_without_a_new_epoch_is_a_loss() -> None:
    topic = Told(top=41)
    topic.log.suspect()

    topic.log.catch_up(topic.reading(40), entries_max=10)

    assert topic.told == [("lost", "e1", 40)]


def test_a_topic_that_is_live_again_needs_no_catching_up() -> None:
    topic = Told(top=41)
    topic.log.suspect()
    late = topic.reading(42, 42)
    topic.log.absorb(topic.reading(43, 42, 43))

    assert topic.log.catch_up(late, entries_max=10)
    assert topic.told == [42, 43]


def test_a_subscribers_reading_that_is_ahead_advances_the_topic_for_all() -> None:
    topic = Told(top=41)

    topic.log.absorb(topic.reading(43, 42, 43))
    topic.receive(42, 43, 44)

    assert topic.told == [42, 43, 44]


def test_a_subscribers_reading_that_leaves_a_hole_only_makes_the_topic_suspect() -> None:
    topic = Told(top=41)

    topic.log.absorb(topic.reading(44, 44))

    assert topic.told == []
    assert topic.log.state == "suspect"


def test_what_is_announced_before_the_first_reading_is_held() -> None:
    topic = Told()
    topic.log = TopicLog(topic._advanced, topic._gapped, held_max=4)
    topic.receive(42, 43)

    topic.log.absorb(topic.reading(42))

    assert topic.told == [43]


def test_a_first_reading_from_before_a_suspicion_leaves_the_topic_suspect() -> None:
    topic = Told()
    topic.log = TopicLog(topic._advanced, topic._gapped, held_max=4)
    reading = topic.reading(41)
    topic.log.suspect()

    topic.log.absorb(reading)

    assert topic.log.state == "suspect"
    assert topic.log.catch_up(topic.reading(42, 42), entries_max=10)
    assert topic.told == [42]


def test_a_subscribers_reading_may_fill_only_a_part_of_what_is_suspect() -> None:
    topic = Told(top=41)
    topic.receive(45)

    topic.log.absorb(topic.reading(45, 42))

    assert topic.told == [42]
    assert topic.log.state == "suspect"


def test_a_late_reading_does_not_make_a_live_topic_suspect() -> None:
    topic = Told(top=41)
    late = topic.reading(41)
    topic.log.suspect()
    topic.log.catch_up(topic.reading(41), entries_max=10)

    topic.log.absorb(late)

    assert topic.log.state == "live"


def test_held_messages_are_bounded_and_their_loss_shows_as_a_hole() -> None:
    topic = Told(top=0)
    topic.receive(*range(2, 8))

    topic.log.catch_up(topic.reading(1, 1), entries_max=10)

    assert topic.told == [1]
    assert topic.log.state == "suspect"


@pytest.mark.parametrize(
    ("top", "state"),
    [
        (Position("e1", 41), "live"),
        (Position("e1", 40), "live"),
        (Position("e1", 42), "suspect"),
        (Position("e2", 3), "suspect"),
        (None, "suspect"),
    ],
)
def test_the_top_read_in_passing_shows_a_quiet_loss(top: Position | None, state: str) -> None:
    topic = Told(top=41)

    topic.log.compare(top)

    assert topic.log.state == state


def test_a_suspect_topic_is_not_compared() -> None:
    topic = Told(top=41)
    topic.log.suspect()
    before = topic.log.suspicions

    topic.log.compare(None)

    assert topic.log.suspicions == before
