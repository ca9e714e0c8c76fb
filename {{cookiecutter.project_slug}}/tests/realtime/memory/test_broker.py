"""What only the memory adapters can do: go away on command, with a clock of the test's own."""

import asyncio

import pytest

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.memory.backplane import MemoryBackplane
from app.realtime.memory.broker import KEYS_BEFORE_SWEEP
from app.realtime.memory.broker import MemoryBroker
from app.realtime.memory.presence import MemoryPresence
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member
from app.realtime.topics import Window
from tests.realtime.contracts.ears import Ears

TOPIC = "room:7"
WINDOW = Window(messages=10, seconds=60)


async def test_everything_is_unavailable_while_the_broker_is_away() -> None:
    broker, ears = MemoryBroker(), Ears()
    backplane = MemoryBackplane(broker)
    await backplane.open(ears)
    await backplane.subscribe(TOPIC)

    broker.go_away()
    with pytest.raises(BackplaneUnavailable):
        await backplane.publish(TOPIC, b"1", window=WINDOW)
    with pytest.raises(BackplaneUnavailable):
        await backplane.subscribe("room:8")
    with pytest.raises(BackplaneUnavailable):
        await MemoryPresence(backplane).snapshot(TOPIC)
    broker.come_back()

    assert ears.states == [True, False]
    assert ears.suspected == [TOPIC]
    assert (await backplane.publish(TOPIC, b"2", window=WINDOW)).offset == 1


async def test_a_broker_that_comes_back_empty_begins_new_epochs() -> None:
    broker = MemoryBroker()
    backplane = MemoryBackplane(broker)
    before = await backplane.publish(TOPIC, b"1", window=WINDOW, key="k")

    broker.go_away()
    broker.come_back(empty=True)
    after = await backplane.publish(TOPIC, b"1", window=WINDOW, key="k")

    assert not after.duplicate
    assert after.epoch != before.epoch


async def test_a_closed_backplane_learns_nothing_of_the_broker() -> None:
    broker, ears = MemoryBroker(), Ears()
    backplane = MemoryBackplane(broker)
    await backplane.open(ears)
    broker.attach(backplane)  # as one that closes while the news is on its way

    await backplane.close()
    broker.go_away()
    broker.come_back()
    backplane.hear_presence(TOPIC, Diff(1, [], [], 0))
    await backplane.close()

    assert ears.states == []
    assert ears.diffs == []


async def test_a_topic_without_a_presence_store_has_no_diffs_to_deliver() -> None:
    broker, ears = MemoryBroker(), Ears()
    listening, joining = MemoryBackplane(broker), MemoryBackplane(broker)
    await listening.open(ears)
    await listening.subscribe(TOPIC)

    await MemoryPresence(joining).join(TOPIC, "c-1", Member("ada", {}))
    await asyncio.sleep(0)

    assert ears.diffs == []


async def test_a_key_ends_with_its_time_and_old_keys_are_swept() -> None:
    now = 0.0
    broker = MemoryBroker(clock=lambda: now)
    backplane = MemoryBackplane(broker)
    for number in range(KEYS_BEFORE_SWEEP):
        await backplane.publish(TOPIC, b"", window=WINDOW, key=str(number), key_seconds=10)

    now = 11.0
    again = await backplane.publish(TOPIC, b"", window=WINDOW, key="0", key_seconds=10)

    assert not again.duplicate
    assert broker.keys_remembered == 1
