"""One confirmed subscription per topic, however many ask at once."""

import asyncio

import pytest

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.hub.interest import Interest
from app.realtime.supervise import Supervisor
from tests.realtime.fakes import FakeBackplane
from tests.realtime.rig import until


class SlowBackplane(FakeBackplane):
    """A backplane whose confirmations wait for the test."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.may_confirm = asyncio.Event()

    async def subscribe(self, topic: str) -> None:
        self.asked += 1
        await self.may_confirm.wait()
        await super().subscribe(topic)


class Asking:
    """An interest and what it needs."""

    def __init__(self) -> None:
        self.backplane = SlowBackplane()
        self.wanted = {"room:7"}
        self.supervisor = Supervisor()
        self.interest = Interest(
            self.backplane, self.supervisor, is_wanted=lambda topic: topic in self.wanted
        )

    def ask(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.interest.confirm("room:7"))


async def test_many_who_ask_at_once_share_one_confirmation() -> None:
    asking = Asking()
    tasks = [asking.ask() for _ in range(3)]
    await until(lambda: asking.backplane.asked)

    asking.backplane.may_confirm.set()
    await asyncio.gather(*tasks)
    await asking.interest.confirm("room:7")

    assert asking.backplane.asked == 1


async def test_one_who_goes_away_does_not_take_it_from_the_others() -> None:
    asking = Asking()
    first, second = asking.ask(), asking.ask()
    await until(lambda: asking.backplane.asked)

    first.cancel()
    await asyncio.wait({first})
    asking.backplane.may_confirm.set()
    await second

    assert asking.backplane.subscribed == ["room:7"]


async def test_a_topic_that_nobody_wants_any_more_is_let_go_when_confirmed() -> None:
    asking = Asking()
    task = asking.ask()
    await until(lambda: asking.backplane.asked)

    asking.wanted.clear()
    asking.interest.end("room:7")
    asking.backplane.may_confirm.set()
    await task

    await until(lambda: not asking.backplane.subscribed)


async def test_everybody_who_waits_learns_of_a_failure_and_the_next_one_asks_again() -> None:
    asking = Asking()
    tasks = [asking.ask() for _ in range(2)]
    await until(lambda: asking.backplane.asked)
    asking.backplane.is_away = True
    asking.backplane.may_confirm.set()

    failures = await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(failure) for failure in failures} == {BackplaneUnavailable}
    asking.backplane.is_away = False
    await asking.interest.confirm("room:7")
    assert asking.backplane.subscribed == ["room:7"]


async def test_closing_ends_those_who_wait() -> None:
    asking = Asking()
    task = asking.ask()
    await until(lambda: asking.backplane.asked)

    await asking.supervisor.close()

    with pytest.raises(asyncio.CancelledError):
        await task
