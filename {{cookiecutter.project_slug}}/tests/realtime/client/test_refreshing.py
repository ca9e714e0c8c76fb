"""New tickets for a living connection: tried until the old ones have expired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.realtime.client import Credentials
from app.realtime.client import SignedOut
from tests.realtime.client.test_link import Setting
from tests.realtime.client.test_link import setting
from tests.realtime.rig import until


class Tickets:
    """Gives tickets, and fails where the test says so."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.given = 0

    async def __call__(self) -> str:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.given += 1
        return f"ticket-{self.given}"


@asynccontextmanager
async def expiring(tickets: Tickets, *, in_ms: int = 5_000) -> AsyncIterator[Setting]:
    """Yields a connection whose credentials are about to expire."""
    async with setting(credentials=Credentials(ticket=tickets)) as made:
        await made.greet()
        await made.stage.push({"type": "expiring", "in_ms": in_ms})
        yield made


def is_over(made: Setting) -> bool:
    return made.live._refreshing is not None and made.live._refreshing.done()


async def test_a_refresh_that_may_be_tried_again_is() -> None:
    async with expiring(Tickets()) as made:
        await made.stage.expect({"type": "refresh", "ticket": "ticket-2"})
        await made.stage.refuse({"code": "unavailable", "retry": True})

        await made.stage.expect({"type": "refresh", "ticket": "ticket-3"})
        await made.stage.reply({"expires_in_ms": 60_000})

        await until(lambda: is_over(made))
        assert made.live.status.state == "live"


async def test_a_refresh_that_is_refused_for_good_is_left_to_the_server() -> None:
    async with expiring(Tickets()) as made:
        await made.stage.expect({"type": "refresh"})
        await made.stage.refuse({"code": "forbidden", "retry": False})

        await until(lambda: is_over(made))


async def test_a_ticket_callback_that_fails_is_asked_again() -> None:
    reported: list[object] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(context["message"]))
    try:
        async with expiring(Tickets(None, OSError("away"))) as made:
            await made.stage.expect({"type": "refresh", "ticket": "ticket-2"})
    finally:
        loop.set_exception_handler(before)
    assert reported == ["no ticket for a refresh"]


async def test_who_is_signed_out_refreshes_no_more() -> None:
    async with expiring(Tickets(None, SignedOut())) as made:
        await until(lambda: is_over(made))


async def test_after_the_old_ones_have_expired_nothing_is_tried() -> None:
    async with expiring(Tickets(), in_ms=50) as made:
        await made.stage.expect({"type": "refresh"})

        await until(lambda: is_over(made))


async def test_one_refresh_at_a_time() -> None:
    async with expiring(Tickets()) as made:
        await made.stage.push({"type": "expiring", "in_ms": 5_000})
        await made.stage.expect({"type": "refresh", "ticket": "ticket-2"})
        await made.stage.reply({"expires_in_ms": 60_000})
        await made.stage.push({"type": "ping"})

        await made.stage.expect({"type": "pong"})
