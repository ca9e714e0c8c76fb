"""The realtime core as the rest of the service sees it."""

import pytest

from app.errors import TooLarge
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from tests.realtime.rig import Rig


async def test_publishing_tells_where_it_landed(rig: Rig) -> None:
    assert await rig.realtime.publish("room:7", b"1") == Published("e1", 1)
    assert await rig.realtime.publish("figures:cpu", b"1") == Published("", 0)


async def test_a_topic_that_was_never_declared_is_a_bug(rig: Rig) -> None:
    with pytest.raises(LookupError):
        await rig.realtime.publish("nothing:7", b"1")


async def test_a_message_has_a_limit(rig: Rig) -> None:
    with pytest.raises(TooLarge) as failure:
        await rig.realtime.publish("room:7", b" " * 16_385)

    assert failure.value.limit_bytes == 16_384


@pytest.mark.parametrize("name", ["", "room", "control", "a:b"])
async def test_a_namespace_is_declared_once_under_a_plain_name(rig: Rig, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be named"):
        rig.realtime.declare(TopicNamespace(name, kind=Window(), authorise=rig.door.authorise))


async def test_a_recoverable_namespace_cannot_skip_messages(rig: Rig) -> None:
    with pytest.raises(ValueError, match="recoverable"):
        rig.realtime.declare(
            TopicNamespace("news", kind=Window(), authorise=rig.door.authorise, on_slow="latest")
        )


async def test_the_position_is_the_top_of_the_log(rig: Rig) -> None:
    await rig.publish("room:7", 1, 2)

    assert await rig.realtime.position("room:7") == Position("e1", 2)
    assert await rig.realtime.position("room:8") == Position("e1", 0)
    assert await rig.realtime.position("figures:cpu") == Position("", 0)


async def test_with_the_server_away_the_position_is_what_was_fanned_out(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        await rig.publish("room:7", 1)
        rig.backplane.is_away = True

        assert await rig.realtime.position("room:7") == Position("e1", 1)
        with pytest.raises(BackplaneUnavailable):
            await rig.realtime.position("room:8")


async def test_line_breaks_inside_a_message_break_no_line(rig: Rig) -> None:
    async with rig.socket() as ada, rig.stream("room:7") as stream:
        await ada.hello({"topic": "room:7"})
        await stream.receive()

        await rig.realtime.publish("room:7", b'{\r\n"body":\n"hi"}\n')

        assert (await ada.receive())["data"] == {"body": "hi"}
        assert (await stream.receive()).frame["data"] == {"body": "hi"}
