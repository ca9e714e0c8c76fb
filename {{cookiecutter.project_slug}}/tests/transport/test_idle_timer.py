"""A connection that asks nothing is closed after its pause, and no earlier for pauses before."""

import asyncio
from collections.abc import Callable
from typing import Any

from quart import Quart

from app.transport.idle_timer import IdleTimer
from tests.patience import PATIENCE_SECONDS
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of


class Timer:
    """A call that is due at some time."""

    def __init__(self, due: float, call: Callable[[], None]) -> None:
        self.due = due
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        """Takes it back."""
        self.is_cancelled = True


class Clock:
    """The clock of a loop, which goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        """Returns the time."""
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Sets a timer."""
        self.timers.append(Timer(self.now + seconds, call))
        return self.timers[-1]

    def go_on(self, seconds: float) -> None:
        """Lets time pass, and calls what is due."""
        self.now += seconds
        due = [timer for timer in self.timers if timer.due <= self.now]
        self.timers = [timer for timer in self.timers if timer.due > self.now]
        for timer in due:
            if not timer.is_cancelled:
                timer.call()


def timer_of(clock: Any) -> tuple[IdleTimer, list[float]]:
    """Returns a timer of ten seconds, and where it notes when a pause was over."""
    over: list[float] = []
    return IdleTimer(clock, 10.0, lambda: over.append(clock.now)), over


def test_a_pause_is_over_once_and_not_for_the_pauses_before() -> None:
    clock = Clock()
    timer, over = timer_of(clock)
    for _ in range(5):
        timer.begin()
        clock.go_on(4.0)
        timer.end()
    assert len(clock.timers) == 1

    timer.begin()
    clock.go_on(9.5)
    assert not over
    clock.go_on(1.0)
    clock.go_on(30.0)
    assert over == [130.5]


def test_no_pause_and_no_connection_are_never_over() -> None:
    clock = Clock()
    (busy, told_busy), (gone, told_gone) = timer_of(clock), timer_of(clock)
    for timer in (busy, gone):
        timer.begin()
    busy.end()
    gone.cancel()
    clock.go_on(10.0)
    assert not clock.timers

    clock.go_on(10.0)
    assert (told_busy, told_gone) == ([], [])
    busy.begin()
    clock.go_on(10.0)
    assert told_busy == [130.0]


async def test_uvicorn_closes_a_connection_after_its_last_answer() -> None:
    app, settings = Quart("plain", static_folder=None), settings_of("uvicorn")
    server = settings.server.model_copy(update={"keep_alive_seconds": 3.0})
    async with served(app, settings.model_copy(update={"server": server})) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        heard = b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            for count in (1, 2, 3):
                writer.write(b"GET / HTTP/1.1\r\nHost: here.test\r\n\r\n")
                while heard.count(b"HTTP/1.1 404") < count:
                    more = await reader.read(65_536)
                    assert more, "it was closed too early"
                    heard += more
            heard += await reader.read()
        writer.close()

    assert heard.count(b"HTTP/1.1 404") == 3
