"""The contract of ``app.realtime.backplane``, for every adapter."""

import asyncio

from app.realtime.backplane import Entry
from app.realtime.topics import Window
from tests.realtime.contracts.conftest import End
from tests.realtime.contracts.ears import until

WINDOW = Window(messages=500, seconds=300)
TOPIC = "room:7"


async def test_a_message_published_here_is_announced_there_and_here(left: End, right: End) -> None:
    await left.backplane.subscribe(TOPIC)
    await right.backplane.subscribe(TOPIC)

    published = await left.backplane.publish(TOPIC, b'{"n":1}', window=WINDOW)

    announced = [(TOPIC, published.epoch, Entry(1, b'{"n":1}'))]
    await until(lambda: left.ears.messages == announced == right.ears.messages)


async def test_offsets_count_from_one_and_the_epoch_stays(left: End, right: End) -> None:
    first = await left.backplane.publish(TOPIC, b"1", window=WINDOW)
    second = await right.backplane.publish(TOPIC, b"2", window=WINDOW)

    assert (first.offset, second.offset) == (1, 2)
    assert first.epoch == second.epoch
    assert first.epoch.isalnum()


async def test_fifty_publishers_at_once_make_one_order_that_all_hear(left: End, right: End) -> None:
    await left.backplane.subscribe(TOPIC)
    await right.backplane.subscribe(TOPIC)
    ends = [left, right] * 25

    placed = await asyncio.gather(
        *(
            end.backplane.publish(TOPIC, b"%d" % number, window=WINDOW)
            for number, end in enumerate(ends)
        )
    )

    in_order = sorted(range(50), key=lambda number: placed[number].offset)
    texts = [b"%d" % number for number in in_order]
    await until(lambda: left.ears.texts == texts == right.ears.texts)
    assert [entry.offset for _, _, entry in right.ears.messages] == list(range(1, 51))


async def test_one_publisher_is_heard_in_the_order_it_spoke(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)

    await asyncio.gather(
        *(left.backplane.publish(TOPIC, b"%d" % number, window=WINDOW) for number in range(100))
    )

    await until(lambda: right.ears.texts == [b"%d" % number for number in range(100)])


async def test_a_key_used_again_changes_nothing_and_tells_the_first_place(
    left: End, right: End
) -> None:
    await right.backplane.subscribe(TOPIC)
    first = await left.backplane.publish(TOPIC, b"once", window=WINDOW, key="k")

    again = await right.backplane.publish(TOPIC, b"twice", window=WINDOW, key="k")

    assert not first.duplicate
    assert again.duplicate
    assert (again.epoch, again.offset) == (first.epoch, first.offset)
    await left.backplane.publish(TOPIC, b"other", window=WINDOW, key="k2")
    await until(lambda: right.ears.texts == [b"once", b"other"])


async def test_a_key_holds_for_its_topic_only(left: End) -> None:
    await left.backplane.publish(TOPIC, b"1", window=WINDOW, key="k")

    elsewhere = await left.backplane.publish("room:8", b"1", window=WINDOW, key="k")

    assert not elsewhere.duplicate


async def test_history_is_what_came_after_up_to_the_limit(left: End, right: End) -> None:
    for number in range(1, 6):
        await left.backplane.publish(TOPIC, b"%d" % number, window=WINDOW)

    history = await right.backplane.history(TOPIC, window=WINDOW, after=2, limit=2)

    assert history.top.offset == 5
    assert list(history.entries) == [Entry(3, b"3"), Entry(4, b"4")]


async def test_history_after_everything_is_only_the_top(left: End) -> None:
    published = await left.backplane.publish(TOPIC, b"1", window=WINDOW)

    history = await left.backplane.history(TOPIC, window=WINDOW, after=2**53 - 1, limit=1)

    assert (history.top.epoch, history.top.offset) == (published.epoch, 1)
    assert list(history.entries) == []


async def test_history_of_a_silent_topic_begins_its_epoch(left: End, right: End) -> None:
    history = await left.backplane.history(TOPIC, window=WINDOW, after=0, limit=10)

    published = await right.backplane.publish(TOPIC, b"1", window=WINDOW)

    assert history.top.offset == 0
    assert history.top.epoch == published.epoch


async def test_the_log_keeps_only_the_newest_messages(left: End) -> None:
    narrow = Window(messages=3, seconds=300)
    for number in range(1, 8):
        await left.backplane.publish(TOPIC, b"%d" % number, window=narrow)

    history = await left.backplane.history(TOPIC, window=narrow, after=0, limit=10)

    assert [entry.offset for entry in history.entries] == [5, 6, 7]
    assert history.top.offset == 7


async def test_the_log_ends_after_its_seconds_and_the_epoch_goes_on(left: End) -> None:
    brief = Window(messages=10, seconds=1)
    first = await left.backplane.publish(TOPIC, b"1", window=brief)

    async def is_forgotten() -> bool:
        history = await left.backplane.history(TOPIC, window=brief, after=0, limit=10)
        return not history.entries

    async with asyncio.timeout(60):
        while not await is_forgotten():  # noqa: ASYNC110 - the server tells no event
            await asyncio.sleep(0.05)
    second = await left.backplane.publish(TOPIC, b"2", window=brief)

    assert (second.epoch, second.offset) == (first.epoch, 2)


async def test_tops_are_read_together_and_a_topic_without_epoch_has_none(
    left: End, right: End
) -> None:
    published = await left.backplane.publish(TOPIC, b"1", window=WINDOW)

    top, nothing = await right.backplane.tops([TOPIC, "room:unknown"])

    assert top is not None
    assert (top.epoch, top.offset) == (published.epoch, 1)
    assert nothing is None


async def test_only_topics_subscribed_to_are_heard(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)

    await left.backplane.publish("room:other", b"not this", window=WINDOW)
    await left.backplane.publish(TOPIC, b"this", window=WINDOW)

    await until(lambda: right.ears.texts == [b"this"])


async def test_an_interest_ends_a_while_after_unsubscribe(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    await right.backplane.subscribe("room:witness")
    await left.backplane.publish(TOPIC, b"0", window=WINDOW)
    await until(lambda: right.ears.texts == [b"0"])

    right.backplane.unsubscribe(TOPIC)
    await asyncio.sleep(0.03)  # the delay itself
    await right.backplane.subscribe("room:later")  # whatever was to be told has been told
    await left.backplane.publish(TOPIC, b"1", window=WINDOW)
    await left.backplane.publish("room:witness", b"2", window=WINDOW)

    await until(lambda: right.ears.texts[-1] == b"2")
    assert right.ears.texts == [b"0", b"2"]


async def test_an_interest_that_comes_back_in_time_misses_nothing(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)

    right.backplane.unsubscribe(TOPIC)
    await right.backplane.subscribe(TOPIC)
    await asyncio.sleep(0.03)  # longer than the delay
    await left.backplane.publish(TOPIC, b"1", window=WINDOW)

    await until(lambda: right.ears.texts == [b"1"])


async def test_unsubscribing_from_what_was_never_wanted_is_nothing(left: End) -> None:
    left.backplane.unsubscribe("room:never")

    await left.backplane.subscribe(TOPIC)


async def test_many_subscriptions_at_once_are_all_confirmed(left: End, right: End) -> None:
    topics = [f"room:{number}" for number in range(1_100)]

    await asyncio.gather(*(right.backplane.subscribe(topic) for topic in topics))
    await asyncio.gather(*(left.backplane.publish(topic, b"1", window=WINDOW) for topic in topics))

    await until(lambda: len(right.ears.messages) == len(topics))


async def test_a_signal_carries_its_sender_and_its_key(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)

    await left.backplane.signal(TOPIC, b'{"typing":true}', sender="c-1", key='a "key"\n|')
    await left.backplane.signal(TOPIC, b"\n|plain")

    await until(lambda: len(right.ears.signals) == 2)
    assert right.ears.signals == [
        (TOPIC, b'{"typing":true}', "c-1", 'a "key"\n|'),
        (TOPIC, b"\n|plain", None, None),
    ]


async def test_a_signal_leaves_the_log_alone(left: End) -> None:
    await left.backplane.signal(TOPIC, b"1")

    assert await left.backplane.tops([TOPIC]) == [None]


async def test_data_arrives_byte_for_byte(left: End, right: End) -> None:
    data = '{"text":"grüße | 日本 \\u0000 {tag} \'quoted\'"}'.encode() + bytes(range(32, 127))
    await right.backplane.subscribe("room:{odd} topic|ü")

    await left.backplane.publish("room:{odd} topic|ü", data, window=WINDOW)

    await until(lambda: right.ears.texts == [data])


async def test_nothing_is_heard_after_close(left: End, right: End) -> None:
    await right.backplane.subscribe(TOPIC)
    await left.backplane.publish(TOPIC, b"before", window=WINDOW)
    await until(lambda: right.ears.texts == [b"before"])

    await right.backplane.close()
    await left.backplane.publish(TOPIC, b"after", window=WINDOW)
    await left.backplane.tops([TOPIC])

    assert right.ears.texts == [b"before"]
    assert right.ears.states == []


async def test_a_log_of_one_message_holds_the_newest(left: End, right: End) -> None:
    window = Window(messages=1, seconds=300)
    for number in range(3):
        await left.backplane.publish(TOPIC, b"%d" % number, window=window)

    history = await right.backplane.history(TOPIC, window=window, after=0, limit=10)

    assert history.entries == [Entry(3, b"2")]
    assert history.top.offset == 3
