"""A gap in a large topic: told to a few at a time, and nobody hears anything newer before."""

import pytest

from app.realtime.backplane import Entry
from app.realtime.hub.untold import PACED_FROM_SUBSCRIBERS
from app.realtime.presence_store import Diff
from tests.realtime.hub.test_hub import CHAT
from tests.realtime.hub.test_hub import Ear
from tests.realtime.hub.test_hub import Turning

CROWD = PACED_FROM_SUBSCRIBERS + 1
GAP = b'{"type":"gap","topic":"room:7","reason":"epoch","epoch":"e2","offset":%d}'


@pytest.fixture
def crowd() -> list[Ear]:
    """Returns subscribers, one more than are told at once."""
    return [Ear(f"e-{number}") for number in range(CROWD)]


def lose_everything(turning: Turning, *, said: int = 0) -> None:
    """Has the server begin a new epoch with so many messages."""
    for offset in range(1, said + 1):
        turning.hub.message("room:7", "e2", Entry(offset, b"%d" % offset))


def settle(turning: Turning) -> None:
    """Lets the loop turn until nothing is left to do: a crowd takes several turns."""
    while turning.due:
        turning.turn()


def heard_by(ear: Ear) -> list[bytes]:
    return [text for batch in ear.heard for text in batch]


def test_a_crowd_waits_for_its_gap_and_goes_on_from_where_the_topic_is(crowd: list[Ear]) -> None:
    turning = Turning()
    turning.listen("room:7", *crowd)

    lose_everything(turning, said=1)
    settle(turning)
    too_early = [text for ear in crowd for text in heard_by(ear)]
    turning.hub.tell_untold(2)
    turning.hub.message("room:7", "e2", Entry(2, b"2"))
    settle(turning)
    turning.hub.tell_untold(CROWD)
    turning.hub.message("room:7", "e2", Entry(3, b"3"))
    settle(turning)

    assert too_early == []
    assert [heard_by(ear) for ear in crowd[:2]] == [[GAP % 1, b"2", b"3"]] * 2
    assert [heard_by(ear) for ear in crowd[2:]] == [[GAP % 2, b"3"]] * (CROWD - 2)
    assert not turning.hub.untold


def test_a_few_are_told_at_once(crowd: list[Ear]) -> None:
    turning = Turning()
    turning.listen("room:7", *crowd[:-1])

    lose_everything(turning, said=1)
    settle(turning)

    assert [heard_by(ear) for ear in crowd[:-1]] == [[GAP % 0, b"1"]] * (CROWD - 1)


def test_who_waits_through_a_second_loss_is_told_once(crowd: list[Ear]) -> None:
    turning = Turning()
    turning.listen("room:7", *crowd)
    lose_everything(turning, said=1)
    turning.hub.tell_untold(1)

    turning.hub.message("room:7", "e3", Entry(1, b"1"))
    turning.hub.tell_untold(2 * CROWD)

    told = {tuple(heard_by(ear)) for ear in crowd[1:]}
    assert told == {(GAP.replace(b"e2", b"e3") % 1,)}
    assert heard_by(crowd[0]) == [GAP % 1, GAP.replace(b"e2", b"e3") % 1]


def test_who_leaves_meanwhile_is_told_nothing_and_a_newcomer_waits_for_nothing(
    crowd: list[Ear],
) -> None:
    turning, late = Turning(), Ear("late")
    turning.listen("room:7", *crowd)
    lose_everything(turning, said=1)

    turning.hub.end(crowd[0], "room:7")
    turning.listen("room:7", late)
    turning.hub.message("room:7", "e2", Entry(2, b"2"))
    settle(turning)
    turning.hub.tell_untold(CROWD)

    assert heard_by(crowd[0]) == []
    assert heard_by(late) == [b"2"]
    assert heard_by(crowd[1]) == [GAP % 2]


def test_a_topic_that_all_have_left_is_not_told_anything(crowd: list[Ear]) -> None:
    turning = Turning()
    turning.listen("room:7", *crowd)
    lose_everything(turning, said=1)

    for ear in crowd:
        turning.hub.end(ear, "room:7")

    assert not turning.hub.untold


def test_who_watches_presence_learns_that_it_went_on(crowd: list[Ear]) -> None:
    turning = Turning()
    for ear in crowd:
        state = turning.hub.begin(ear, "room:7", CHAT)
    turning.listen("room:7", *crowd)
    state.subscribers[crowd[0]].presence_version = 4
    lose_everything(turning, said=1)

    turning.hub.presence("room:7", Diff(6, [], [], 3))
    settle(turning)
    turning.hub.tell_untold(CROWD)

    assert len(heard_by(crowd[0])) == 2
    assert b'"version":6' in heard_by(crowd[0])[1]
    assert len(heard_by(crowd[1])) == 1
