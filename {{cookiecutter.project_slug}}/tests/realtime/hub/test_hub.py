"""Registries and fan-out, with no sockets and no loop: a test turns it itself."""

from collections.abc import Callable

import pytest

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.hub.hub import SWEEP_WRITES
from app.realtime.hub.hub import Hub
from app.realtime.hub.topic_log import Reading
from app.realtime.presence_store import Diff
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.topics import Ephemeral
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.settings import RealtimeSettings
from tests.realtime.rig import Door

CHAT = TopicNamespace("room", kind=Window(), authorise=Door().authorise)
FIGURES = TopicNamespace("figures", kind=Ephemeral(), authorise=Door().authorise)


class Ear:
    """A subscriber that remembers what it heard, batch by batch."""

    def __init__(self, name: str = "ear") -> None:
        self.id = name
        self.heard: list[list[bytes]] = []

    def deliver(self, batch: Batch, listening: Listening) -> None:
        self.heard.append([push.data or push.line for push in batch.pushes_for(listening)])


class Turning:
    """A hub and the turns of a loop."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []
        self.woken = 0
        self.hub = Hub(
            RealtimeSettings.model_construct(), call_soon=self.due.append, wake=self._wake
        )

    def listen(self, topic: str = "room:7", *ears: Ear) -> list[Ear]:
        """Subscribes ears to a topic whose log is empty."""
        made = list(ears) or [Ear()]
        for ear in made:
            state = self.hub.begin(ear, topic, CHAT if topic.startswith("room") else FIGURES)
            if state.log is not None and state.log.state == "idle":
                state.log.absorb(Reading(History(Position("e1", 0), ()), 0))
            state.go_live(ear)
        return made

    def say(self, *offsets: int, topic: str = "room:7") -> None:
        for offset in offsets:
            self.hub.message(topic, "e1", Entry(offset, b"%d" % offset))

    def turn(self) -> None:
        """Lets the loop turn once."""
        due, self.due[:] = list(self.due), []
        for run in due:
            run()

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def turning() -> Turning:
    return Turning()


def test_everything_of_a_turn_is_one_batch(turning: Turning) -> None:
    [ear] = turning.listen()

    turning.say(1, 2, 3)
    assert ear.heard == []
    turning.turn()

    assert ear.heard == [[b"1", b"2", b"3"]]
    assert turning.due == []


def test_a_large_topic_lets_the_loop_turn_and_keeps_the_order(turning: Turning) -> None:
    ears = turning.listen("room:7", *(Ear(f"ear {n}") for n in range(SWEEP_WRITES + 1)))
    [other] = turning.listen("room:8")
    turning.say(1)
    turning.say(1, topic="room:8")
    turning.turn()
    assert sum(bool(ear.heard) for ear in ears) == SWEEP_WRITES

    turning.say(2)
    turning.turn()
    turning.turn()

    assert all(ear.heard == [[b"1"], [b"2"]] for ear in ears)
    assert other.heard == [[b"1"]]


def test_who_goes_live_in_the_middle_of_a_sweep_hears_nothing_twice(turning: Turning) -> None:
    turning.listen("room:7", *(Ear(f"ear {n}") for n in range(SWEEP_WRITES)))
    late = Ear("late")
    state = turning.hub.begin(late, "room:7", CHAT)
    turning.say(1)
    turning.turn()

    state.go_live(late)
    turning.say(2)
    turning.turn()
    turning.turn()

    assert [heard for heard in late.heard if heard] == [[b"2"]]


def test_who_leaves_in_the_middle_of_a_sweep_hears_nothing_more(turning: Turning) -> None:
    ears = turning.listen("room:7", *(Ear(f"ear {n}") for n in range(SWEEP_WRITES + 1)))
    turning.say(1)
    turning.turn()

    turning.hub.end(ears[-1], "room:7")
    turning.turn()

    assert ears[-1].heard == []


def test_the_last_one_out_ends_the_topic(turning: Turning) -> None:
    one, two = turning.listen("room:7", Ear("one"), Ear("two"))
    turning.say(1)

    assert not turning.hub.end(one, "room:7")
    assert turning.hub.end(two, "room:7")

    assert turning.hub.topics == {}
    turning.turn()
    assert two.heard == []
    assert not turning.hub.end(two, "room:7")


def test_who_has_left_already_leaves_nothing_to_end(turning: Turning) -> None:
    one, two = turning.listen("room:7", Ear("one"), Ear("two"))
    turning.hub.end(one, "room:7")

    assert not turning.hub.end(one, "room:7")

    turning.say(1)
    turning.turn()
    assert (one.heard, two.heard) == ([], [[b"1"]])


def test_what_nobody_listens_to_is_dropped(turning: Turning) -> None:
    turning.say(1, topic="room:8")
    turning.hub.signal("room:8", b"{}", sender=None, key=None)
    turning.hub.presence("room:8", Diff(1, (), (), 0))
    turning.hub.compare("room:8", None)

    assert turning.due == []


def test_a_message_on_an_ephemeral_topic_is_none_of_ours(turning: Turning) -> None:
    [ear] = turning.listen("figures:cpu")

    turning.say(1, topic="figures:cpu")
    turning.hub.compare("figures:cpu", None)
    turning.hub.signal("figures:cpu", b"0.5", sender=None, key=None)
    turning.turn()

    assert ear.heard == [[b'{"type":"message","topic":"figures:cpu","data":0.5}']]


def test_a_hole_wakes_the_reader_of_logs(turning: Turning) -> None:
    turning.listen()

    turning.say(2)

    assert list(turning.hub.suspects) == ["room:7"]
    assert turning.woken == 1


def test_a_suspect_topic_that_ends_is_no_suspect_any_more(turning: Turning) -> None:
    [ear] = turning.listen()
    turning.say(2)

    turning.hub.end(ear, "room:7")

    assert not turning.hub.suspects


def test_a_top_that_shows_a_loss_makes_the_topic_suspect(turning: Turning) -> None:
    turning.listen()

    turning.hub.compare("room:7", Position("e1", 3))

    assert "room:7" in turning.hub.suspects
    assert turning.hub.quiet_topics() == []
