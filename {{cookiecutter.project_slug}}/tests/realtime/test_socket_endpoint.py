"""One WebSocket against a real server, from the handshake to the end."""

from tests.realtime.rig import Rig
from tests.realtime.rig import running


async def test_a_subscriber_hears_what_is_published() -> None:
    async with running() as rig, rig.socket() as ada:
        result = await ada.hello({"topic": "chat:7"})

        await rig.publish("chat:7", {"body": "hi"}, {"body": "there"})

        assert result["subscriptions"] == [
            {"topic": "chat:7", "epoch": "e1", "offset": 0, "messages": []}
        ]
        assert await ada.receive() == {
            "type": "message",
            "topic": "chat:7",
            "offset": 1,
            "data": {"body": "hi"},
        }
        assert (await ada.receive())["offset"] == 2


async def test_a_returning_subscriber_gets_what_it_missed() -> None:
    async with running() as rig:
        await rig.publish("chat:7", 1, 2, 3)
        async with rig.socket() as ada:
            result = await ada.hello({"topic": "chat:7", "since": {"epoch": "e1", "offset": 1}})

        assert result["subscriptions"] == [
            {
                "topic": "chat:7",
                "epoch": "e1",
                "offset": 3,
                "recovered": True,
                "messages": [{"offset": 2, "data": 2}, {"offset": 3, "data": 3}],
            }
        ]
