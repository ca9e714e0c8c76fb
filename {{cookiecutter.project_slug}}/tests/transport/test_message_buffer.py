"""Readers of a buffer, and a client that leaves."""

import asyncio

import pytest

from app.transport.body import BoundedBody
from app.transport.message_buffer import ClientLeft
from app.transport.message_buffer import MessageBuffer
from app.transport.versions import is_disconnect


async def test_what_came_before_the_client_left_can_still_be_read() -> None:
    buffer = MessageBuffer(2)
    await buffer.put("last")
    buffer.disconnect()

    assert await buffer.get() == "last"
    with pytest.raises(ClientLeft):
        await buffer.get()


async def test_everybody_who_waits_hears_that_the_client_left() -> None:
    buffer = MessageBuffer(2)
    waiting = [asyncio.create_task(buffer.get()) for _ in range(3)]
    await asyncio.sleep(0)

    buffer.disconnect()
    ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(end) for end in ends] == [ClientLeft] * 3


async def test_a_reader_of_a_body_hears_that_the_client_left() -> None:
    body = BoundedBody(None, 10)
    await body.put(b"half")
    body.disconnect()

    assert await anext(body) == b"half"
    with pytest.raises(ClientLeft):
        await anext(body)


async def test_a_body_can_be_awaited_twice_and_cleared() -> None:
    body = BoundedBody(None, 10)
    body.set_result(b"all of it")

    assert await body == await body == b"all of it"
    body.clear()
    assert await body == b""


def test_a_group_of_disconnects_is_a_disconnect_and_another_group_is_none() -> None:
    gone = ExceptionGroup("", [ClientLeft(), ExceptionGroup("", [ClientLeft()])])
    mixed = ExceptionGroup("", [ClientLeft(), ValueError()])

    assert is_disconnect(gone)
    assert not is_disconnect(mixed)
    assert not is_disconnect(ValueError())
