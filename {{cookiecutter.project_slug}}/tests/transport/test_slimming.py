"""What a server lets go of once a socket is open; the writers' suite shows that it still works."""

from collections import deque
from typing import Any

import pytest
from hypercorn.protocol.ws_stream import WSStream

from app.transport import direct
from app.transport.severing import places_behind
from app.transport.slimming import ShortQueue
from app.transport.slimming import slim
from tests.realtime.connections.lanes import lane


def test_a_short_queue_takes_from_the_front() -> None:
    queue = ShortQueue([1, 2])

    assert [queue.popleft(), queue.popleft()] == [1, 2]
    with pytest.raises(IndexError):
        queue.popleft()


async def test_an_accepted_socket_of_hypercorn_keeps_no_empty_deque() -> None:
    async with lane("hypercorn", preframed=True) as opened, opened.socket() as (outbound, _):
        stream = _stream_behind(outbound.writer._send)  # type: ignore[attr-defined]

        assert _deques_of(stream) == []


async def test_with_the_setting_off_nothing_of_the_server_is_touched() -> None:
    async with lane("hypercorn", preframed=False) as opened, opened.socket() as (outbound, _):
        stream = _stream_behind(outbound.writer._send)  # type: ignore[attr-defined]

        assert len(_deques_of(stream)) == 5


async def test_a_version_that_nobody_tried_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(direct.TESTED, "hypercorn", "0.17")

    async with lane("hypercorn", preframed=True) as opened, opened.socket() as (outbound, _):
        send = outbound.writer._send  # type: ignore[attr-defined]
        slim(send)

        assert len(_deques_of(_stream_behind(send))) == 5


def _stream_behind(send: object) -> WSStream:
    owners = (getattr(place, "__self__", None) for place in places_behind(send))
    return next(owner for owner in owners if isinstance(owner, WSStream))


def _deques_of(stream: WSStream) -> list[str]:
    queue: Any = getattr(stream.app_put, "__self__", None)
    held = [(queue, name) for name in ("_queue", "_getters", "_putters")]
    held.append((queue._finished, "_waiters"))
    held.append((stream.connection, "_events"))
    return [name for owner, name in held if isinstance(getattr(owner, name), deque)]
