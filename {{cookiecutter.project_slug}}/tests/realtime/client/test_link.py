"""What a server should not do, and what a client makes of it."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from app.realtime.client import Credentials
from app.realtime.client import Disconnected
from app.realtime.client import Listener
from app.realtime.client import RealtimeClient
from app.realtime.client import SignedOut
from app.realtime.client import Status
from app.realtime.client import Topic
from tests.realtime.client.scenarios import FACTS
from tests.realtime.client.scenarios import TOPIC
from tests.realtime.client.scenarios import answer
from tests.realtime.client.scenarios import diff
from tests.realtime.client.scenarios import message
from tests.realtime.client.scripted_server import Stage
from tests.realtime.client.scripted_server import stage
from tests.realtime.rig import until


class Setting:
    """A client with one topic, and the server that it talks to."""

    def __init__(self, built: Stage, **options: Any) -> None:
        self.stage = built
        self.heard: list[Any] = []
        self.statuses: list[Status] = []
        url = f"http://127.0.0.1:{built.port}"
        self.live = RealtimeClient(
            url, chance=lambda: 0.0, on_status=self.statuses.append, **options
        )
        listener = Listener(on_message=lambda told: self.heard.append(told.data))
        self.topic: Topic = self.live.subscribe(TOPIC, listener)

    async def greet(self, **facts: Any) -> ServerConnection:
        """Accepts the next connection and answers its hello."""
        await self.stage.accept()
        await self.stage.expect({"type": "hello"})
        await self.stage.reply({**FACTS, "subscriptions": [answer(0)], **facts})
        await self.live.ready()
        return self.stage.connection


@asynccontextmanager
async def setting(**options: Any) -> AsyncIterator[Setting]:
    async with stage() as built:
        made = Setting(built, **options)
        async with made.live:
            yield made


async def test_a_text_in_fragments_is_one_text() -> None:
    async with setting() as made:
        connection = await made.greet()

        await connection.send(['{"type":"message","topic":"ro', 'om:7","offset":1,', '"data":1}'])

        await until(lambda: made.heard == [1])


async def test_binary_frames_are_ignored() -> None:
    async with setting() as made:
        connection = await made.greet()

        await connection.send(b"\x00\x01")
        await made.stage.push(message(1))

        await until(lambda: made.heard == [1])


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"type":7}', '{"type":"reply","id":"one"}', "\ufeff{}"]
)
async def test_what_is_not_of_the_protocol_ends_the_connection_and_is_tried_again(
    line: str,
) -> None:
    async with setting() as made:
        connection = await made.greet()

        await connection.send(line)

        await connection.wait_closed()
        assert connection.close_code == 1002
        await made.greet()


async def test_a_reply_of_another_shape_is_treated_alike() -> None:
    async with setting() as made:
        await made.stage.accept()
        await made.stage.expect({"type": "hello"})
        await made.stage.reply({"subscriptions": 7})

        await made.greet()
        assert made.live.status.state == "live"


async def test_a_hello_that_is_refused_is_tried_again() -> None:
    async with setting() as made:
        await made.stage.accept()
        await made.stage.expect({"type": "hello"})
        await made.stage.push({"type": "reply", "id": 1, "error": {"code": "x", "message": "no"}})

        await made.greet()
        assert "no" in [status.failure for status in made.statuses]


async def test_a_listener_that_raises_does_not_keep_the_next_line_from_the_others() -> None:
    reported: list[str] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(str(context["exception"])))
    try:
        async with setting() as made:
            made.live.unsubscribe(TOPIC)
            made.live.subscribe(TOPIC, Listener(on_message=lambda told: 1 // (told.data - 1)))
            await made.greet()
            await made.stage.push(message(1), message(2))

            await until(lambda: made.live.status.state == "live")
            await until(lambda: reported)
    finally:
        loop.set_exception_handler(before)
    assert reported == ["integer division or modulo by zero"]


async def test_what_waits_for_an_answer_learns_that_the_connection_is_gone() -> None:
    async with setting() as made:
        connection = await made.greet()
        asking = asyncio.create_task(made.live.call("sleep"))
        await made.stage.expect({"type": "call"})

        connection.transport.abort()

        with pytest.raises(Disconnected):
            await asking


async def test_a_signal_on_a_connection_that_takes_nothing_is_dropped() -> None:
    async with setting() as made:
        connection = await made.greet()
        connection.transport.pause_reading()

        sent = [made.live.signal(TOPIC, "x" * 50_000) for _ in range(400)]

        assert sent[0]
        assert not sent[-1]
        connection.transport.abort()


async def test_a_bearer_token_travels_in_the_handshake_and_stays_out_of_logs() -> None:
    credentials = Credentials(bearer="dev_secret")
    async with setting(credentials=credentials) as made:
        connection = await made.greet()

        assert connection.request is not None
        assert connection.request.headers["Authorization"] == "Bearer dev_secret"
        assert "secret" not in repr(credentials)


def failing(times: int, failure: Exception) -> Callable[[], Awaitable[str]]:
    """Returns a ticket callback that fails so many times."""
    left = times

    async def ticket() -> str:
        nonlocal left
        left -= 1
        if left >= 0:
            raise failure
        return "ticket"

    return ticket


async def test_a_ticket_that_cannot_be_had_is_tried_again() -> None:
    credentials = Credentials(ticket=failing(2, RuntimeError("the app's server is away")))
    async with setting(credentials=credentials) as made:
        await made.greet()

    failures = [status.failure for status in made.statuses if status.failure]
    assert failures[0] == 'RuntimeError("the app\'s server is away")'


async def test_who_is_signed_out_stops() -> None:
    async with setting(credentials=Credentials(ticket=failing(9, SignedOut()))) as made:
        await until(lambda: made.live.status == Status("stopped", 4401))
        assert made.stage.waiting.empty()


async def test_a_second_subscription_replaces_the_first_while_hello_is_on_its_way() -> None:
    async with setting() as made:
        await made.stage.accept()
        await made.stage.expect({"type": "hello"})
        newer: list[Any] = []
        made.live.subscribe(TOPIC, Listener(on_message=lambda told: newer.append(told.data)))
        await made.stage.reply({**FACTS, "subscriptions": [answer(0)]})

        await made.stage.expect({"type": "subscribe", "topic": TOPIC})
        await made.stage.reply(answer(2, 2))

        await until(lambda: newer == [2])
    assert made.heard == []


async def test_what_was_left_while_hello_was_on_its_way_is_left_afterwards() -> None:
    async with setting() as made:
        await made.stage.accept()
        await made.stage.expect({"type": "hello"})
        made.live.unsubscribe(TOPIC)
        await made.stage.reply({**FACTS, "subscriptions": [answer(0)]})

        await made.stage.expect({"type": "unsubscribe", "topic": TOPIC})


async def test_a_count_takes_the_place_of_the_members() -> None:
    counts: list[int] = []
    async with setting() as made:
        listener = Listener(on_presence=lambda who: counts.append(who.count))
        made.live.subscribe(TOPIC, listener, presence=True)
        await made.greet(subscriptions=[answer(0, presence={"version": 1, "members": []})])

        await made.stage.push({**diff(2, [], []), "count": 250}, {**diff(3, [], []), "count": 251})
        await made.stage.push(diff(4, [], []))
        await made.stage.expect({"type": "presence"})
        await made.stage.push({"type": "reply", "id": 2, "error": {"code": "unavailable"}})

        await until(lambda: counts == [0, 250, 251])


async def test_a_server_that_cuts_the_handshake_is_tried_again() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    statuses: list[Status] = []
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with RealtimeClient(url, chance=lambda: 0.0, on_status=statuses.append):
            await until(lambda: len(statuses) > 1)
    assert statuses[1].state == "reconnecting"
    assert statuses[1].failure
