"""Writing to one connection: its writer is quick, stuck or broken, and the time passed in."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.realtime.backplane import Position
from app.realtime.connections.backlog import Backlog
from app.realtime.connections.outbound import Outbound
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode
from app.settings import RealtimeSettings
from tests.realtime.clients import FakeWriter
from tests.realtime.rig import until


class Line:
    """An outbound, its writer, its process, and a clock that a test sets."""

    def __init__(self, **settings: Any) -> None:
        self.now = 0.0
        self.writer = FakeWriter()
        self.backlog = Backlog(RealtimeSettings.model_construct(**settings), clock=lambda: self.now)
        self.outbound = Outbound(self.writer, self.backlog)

    def put(self, *lines: bytes, droppable: str | None = None) -> None:
        for offset, line in enumerate(lines, start=1):
            position = Position("e1", offset)
            self.outbound.put(Chunk(line, droppable=droppable, position=position))

    async def stuck(self, *lines: bytes) -> None:
        """Queues lines that the client does not read."""
        self.writer.is_stuck = True
        self.put(*lines)
        await turn()

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds
        self.backlog.check_deadlines()


async def turn() -> None:
    """Lets the drainer begin."""
    for _ in range(3):
        await asyncio.sleep(0)


def is_idle(line: Line) -> Callable[[], bool]:
    return lambda: not line.outbound.is_busy


async def test_everything_of_a_tick_is_one_write_in_order() -> None:
    line = Line()

    line.put(b"one", b"two")
    assert line.outbound.is_busy
    await until(is_idle(line))

    assert line.writer.written == [b"one", b"two"]
    assert line.writer.writes == 1


async def test_an_idle_connection_has_no_task_and_counts_nothing() -> None:
    line = Line()
    line.put(b"one")
    await until(is_idle(line))

    assert line.outbound.queued_bytes == 0
    assert line.backlog.queued_bytes == 0
    assert not line.backlog.waiting


@pytest.mark.parametrize(
    "settings", [{"outbound_max_bytes": 25}, {"outbound_max_messages": 2}], ids=str
)
async def test_a_full_queue_is_given_up_and_the_client_closed(settings: dict[str, int]) -> None:
    line = Line(**settings)
    await line.stuck(b"1234567890")

    line.put(b"1234567890", b"1234567890")

    assert line.outbound.closing is CloseCode.SLOW
    assert line.outbound.queued_bytes == 10
    line.writer.is_stuck = False
    await until(lambda: line.writer.closed is CloseCode.SLOW)
    assert line.writer.written == [b"1234567890"]


async def test_a_slow_client_that_does_not_let_itself_be_closed_is_cut_after_a_second() -> None:
    line = Line(outbound_max_bytes=15)
    await line.stuck(b"1234567890")
    line.put(b"1234567890")

    line.pass_seconds(0.9)
    assert not line.writer.is_aborted

    line.pass_seconds(0.2)
    assert line.writer.is_aborted
    await turn()
    assert line.backlog.queued_bytes == 0
    assert not line.backlog.waiting


async def test_a_write_that_takes_too_long_closes_the_client() -> None:
    line = Line(write_deadline_seconds=10.0)
    await line.stuck(b"one")

    line.pass_seconds(9.9)
    assert line.outbound.closing is None

    line.pass_seconds(0.2)
    assert line.outbound.closing is CloseCode.SLOW
    line.outbound.stop()


async def test_a_client_that_reads_slowly_has_new_time_and_one_that_only_sips_has_not() -> None:
    line = Line(write_deadline_seconds=10.0)
    line.writer.left = 100_000
    await line.stuck(b"x" * 100_000)

    for left in (80_000, 60_000):
        line.writer.left = left
        line.pass_seconds(10.1)
        assert line.outbound.closing is None

    line.writer.left = 59_000
    line.pass_seconds(10.1)
    assert line.outbound.closing is CloseCode.SLOW
    line.outbound.stop()


async def test_every_write_that_ends_gives_new_time() -> None:
    line = Line(write_deadline_seconds=10.0)
    await line.stuck(b"x" * 300_000, b"y")
    line.now = 9.0
    line.writer.is_stuck = False
    await turn()
    await until(is_idle(line))

    assert line.outbound.closing is None
    assert line.outbound.deadline == 19.0


async def test_topics_that_allow_it_lose_the_oldest_messages_and_the_client_is_told() -> None:
    line = Line(outbound_max_bytes=350)
    await line.stuck(b"x" * 100)

    line.put(b"a" * 100, b"b" * 100, b"c" * 100, droppable="figures:cpu")

    assert line.outbound.closing is None
    line.writer.is_stuck = False
    await until(is_idle(line))
    _, gap, *rest = line.writer.written
    assert b'"reason":"overflow"' in gap
    assert rest == [b"c" * 100]
    assert line.backlog.queued_bytes == 0


async def test_what_is_queued_goes_out_before_the_goodbye() -> None:
    line = Line()
    line.put(b"one")

    line.outbound.close(CloseCode.RESTART, "restart", bye=Chunk(b"bye"))
    line.put(b"too late")
    line.outbound.close(CloseCode.INTERNAL, "too late")

    await until(lambda: line.writer.closed is not None)
    assert line.writer.written == [b"one", b"bye"]
    assert line.writer.closed is CloseCode.RESTART


async def test_a_goodbye_may_go_without_words() -> None:
    line = Line()

    line.outbound.close(CloseCode.RESTART, "restart")

    await until(lambda: line.writer.closed is CloseCode.RESTART)
    assert line.writer.written == []


async def test_a_client_that_does_not_answer_the_close_is_cut() -> None:
    line = Line(write_deadline_seconds=10.0)
    line.outbound.close(CloseCode.RESTART, "restart", bye=Chunk(b"bye"))
    await until(lambda: line.writer.closed is not None)

    line.pass_seconds(10.1)

    assert line.writer.is_aborted


async def test_the_process_gives_up_the_deepest_queue_first() -> None:
    shallow = Line(queued_process_max_bytes=100)
    deep = Line()
    deep.backlog = shallow.backlog
    deep.outbound = Outbound(deep.writer, shallow.backlog)
    await shallow.stuck(b"x" * 10)
    await deep.stuck(b"x" * 10)
    deep.put(b"x" * 60)

    shallow.put(b"x" * 30)

    assert deep.outbound.closing is CloseCode.SLOW
    assert shallow.outbound.closing is None
    assert shallow.backlog.queued_bytes <= 100
    deep.outbound.stop()
    shallow.outbound.stop()
    await turn()
    assert shallow.backlog.queued_bytes == 0


async def test_when_nothing_can_be_given_up_the_process_goes_on() -> None:
    line = Line(queued_process_max_bytes=10)
    await line.stuck(b"1")

    line.put(b"x" * 20)

    assert line.outbound.closing is CloseCode.SLOW
    line.outbound.stop()


async def test_a_client_that_is_gone_is_forgotten() -> None:
    line = Line()
    line.writer.failure = ConnectionResetError()

    line.put(b"one")
    await until(is_idle(line))

    assert line.outbound.closing is not None
    assert not line.backlog.waiting
    assert not line.writer.is_aborted


async def test_a_writer_that_crashes_is_cut() -> None:
    line = Line()
    line.writer.failure = RuntimeError("a bug in the server")

    line.put(b"one")
    await until(is_idle(line))

    assert line.writer.is_aborted
    assert line.backlog.queued_bytes == 0
