"""Reading a topic's log."""

from app.realtime.backplane import Position
from app.realtime.hub.topic_state import TopicState
from app.realtime.subscribing.log_reading import read_log
from app.realtime.topics import Ephemeral
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.settings import RealtimeSettings
from tests.realtime.fakes import FakeBackplane
from tests.realtime.rig import Door

SETTINGS = RealtimeSettings.model_construct()


async def test_a_suspicion_while_reading_shows_in_what_was_read() -> None:
    backplane = FakeBackplane()
    kind = Window()
    topic = TopicState("room:7", TopicNamespace("room", kind, Door().authorise), SETTINGS)
    assert topic.log is not None
    backplane.during_next_reading = topic.log.suspect

    reading = await read_log(backplane, topic, after=0, limit=1)

    assert reading is not None
    assert reading.history.top == Position("e1", 0)
    assert reading.suspicions < topic.log.suspicions


async def test_a_topic_that_keeps_nothing_is_not_read() -> None:
    backplane = FakeBackplane()
    namespace = TopicNamespace("figures", Ephemeral(), Door().authorise)
    topic = TopicState("figures:cpu", namespace, SETTINGS)

    assert await read_log(backplane, topic, after=0, limit=1) is None
    assert topic.absorb(None)
    assert backplane.readings == []
