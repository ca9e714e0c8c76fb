"""``history`` over a real socket."""

from typing import Any

import pytest

from tests.realtime.rig import Rig
from tests.realtime.rig import running


async def page(rig: Rig, **fields: Any) -> Any:
    """Asks for history; returns the reply with the messages as their data."""
    async with rig.socket() as ada:
        await ada.hello()
        reply = await ada.ask("history", **fields)
    if "result" in reply:
        messages = reply["result"].pop("messages")
        assert all(message["offset"] == message["data"] for message in messages)
        return [message["data"] for message in messages], reply["result"]
    return reply["error"]["code"]


def since(offset: int, epoch: str = "e1") -> dict[str, object]:
    return {"epoch": epoch, "offset": offset}


@pytest.mark.parametrize(
    ("fields", "expected", "more"),
    [
        ({"limit": 500}, [1, 2, 3, 4, 5], False),
        ({"limit": 5}, [1, 2, 3, 4, 5], False),
        ({"limit": 2}, [1, 2], True),
        ({"limit": 2, "since": since(2)}, [3, 4], True),
        ({"limit": 3, "since": since(2)}, [3, 4, 5], False),
        ({"limit": 3, "since": since(5)}, [], False),
        ({"limit": 2, "reverse": True}, [5, 4], True),
        ({"limit": 5, "reverse": True}, [5, 4, 3, 2, 1], False),
        ({"limit": 2, "reverse": True, "since": since(4)}, [3, 2], True),
        ({"limit": 3, "reverse": True, "since": since(4)}, [3, 2, 1], False),
        ({"limit": 3, "reverse": True, "since": since(1)}, [], False),
        ({"limit": 3, "reverse": True, "since": since(0)}, [], False),
    ],
)
async def test_history_is_read_page_by_page_in_both_directions(
    rig: Rig, fields: dict[str, Any], expected: list[int], more: bool
) -> None:
    await rig.publish("room:7", 1, 2, 3, 4, 5)

    data, rest = await page(rig, topic="room:7", **fields)

    assert data == expected
    assert rest == {"epoch": "e1", "offset": 5, "more": more}


async def test_what_was_trimmed_is_not_there_and_not_more(rig: Rig) -> None:
    await rig.publish("short:7", 1, 2, 3, 4)

    forwards, rest = await page(rig, topic="short:7", limit=10, since=since(1))
    backwards, other = await page(rig, topic="short:7", limit=10, reverse=True)

    assert (forwards, rest["more"]) == ([3, 4], False)
    assert (backwards, other["more"]) == ([4, 3], False)


async def test_a_topic_without_messages_has_an_epoch_and_nothing_else(rig: Rig) -> None:
    data, rest = await page(rig, topic="room:7", limit=10)

    assert (data, rest) == ([], {"epoch": "e1", "offset": 0, "more": False})


async def test_a_page_has_a_limited_number_of_bytes_and_at_least_one_message() -> None:
    async with running(recovery_topic_max_bytes=100) as rig, rig.socket() as ada:
        for _ in range(3):
            await rig.publish("room:7", "x" * 90)
        await ada.hello()

        result = (await ada.ask("history", topic="room:7", limit=3))["result"]

    assert [message["offset"] for message in result["messages"]] == [1]
    assert result["more"] is True


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"topic": "room:7", "limit": 0}, "invalid"),
        ({"topic": "room:7", "limit": 501}, "invalid"),
        ({"topic": "room:7"}, "invalid"),
        ({"topic": "room:7", "limit": 5, "since": since(1, "other")}, "invalid"),
        ({"topic": "room:7", "limit": 5, "since": since(9)}, "invalid"),
        ({"topic": "room:7", "limit": 5, "since": since(1, "other"), "reverse": True}, "invalid"),
        ({"topic": "figures:cpu", "limit": 5}, "invalid"),
        ({"topic": "room:secret", "limit": 5}, "forbidden"),
        ({"topic": "nothing:7", "limit": 5}, "unknown_topic"),
    ],
)
async def test_a_refused_history_says_why(rig: Rig, fields: dict[str, Any], code: str) -> None:
    await rig.publish("room:7", 1)

    assert await page(rig, **fields) == code


async def test_history_needs_no_subscription_and_makes_none(rig: Rig) -> None:
    await page(rig, topic="room:7", limit=1)

    assert "room:7" not in rig.realtime._core.hub.topics
