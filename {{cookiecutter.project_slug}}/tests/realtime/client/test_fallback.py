"""Where no socket gets through the Python client listens to a stream, and promises the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response
from websockets.uri import parse_uri

from app.realtime.asgi import ASGIApp
from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.client import Credentials
from app.realtime.client import Listener
from app.realtime.client import RealtimeClient
from app.realtime.client import Refused
from app.realtime.client import fallback
from app.realtime.client.events import EventLines
from app.realtime.client.wire import MESSAGE_MAX_BYTES
from app.realtime.client.wire import Address
from tests.realtime.client.scenarios import SCENARIOS
from tests.realtime.client.scenarios import Scenario
from tests.realtime.client.scenarios import Told
from tests.realtime.client.scripted_stream import is_for_streams
from tests.realtime.client.scripted_stream import streams
from tests.realtime.client.test_scenarios import App
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Rig
from tests.realtime.rig import hypercorn_of
from tests.realtime.rig import running
from tests.realtime.rig import until

MINE = [one for one in SCENARIOS if one.only in {"", "python"} and is_for_streams(one)]
COOKIE = Credentials(cookie="session=ada")
FELL_BACK: list[Told] = [
    ["state", "connecting"],
    ["state", "reconnecting"],
    ["state", "fallback"],
]


def on_a_stream(told: list[Told]) -> list[Told]:
    """Returns what an app is told of the same on a stream, which it comes to by way of sockets."""
    return [
        *FELL_BACK,
        *(["state", "fallback"] if one == ["state", "live"] else one for one in told[2:]),
    ]


def without_repeats(told: list[Told]) -> list[Told]:
    """Every failed socket says why; the state is the same."""
    return [one for one, _ in groupby(told)]


def test_most_of_the_scenarios_that_need_no_commands_are_played() -> None:
    assert len(MINE) >= 15


@pytest.mark.parametrize("scenario", MINE, ids=lambda scenario: scenario.name)
async def test_on_a_stream_the_client_keeps_its_promises(scenario: Scenario) -> None:
    async with streams() as server:
        app = App(server.port, scenario, RealtimeClient, COOKIE)
        async with app.live:
            await server.play(scenario, app.log)
            wanted = on_a_stream(scenario.told)
            await until(lambda: len(without_repeats(app.log)) >= len(wanted))

            assert without_repeats(app.log) == wanted
            assert server.sockets >= fallback.SOCKETS_BEFORE_STREAM


class NoSockets:
    """A proxy that lets no socket through, until it does."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self.is_open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self.is_open:
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._inner(scope, receive, send)


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers nothing at all: only the realtime endpoints are asked."""
    while scope["type"] == "lifespan":
        kind = (await receive())["type"].rpartition(".")[2]
        await send({"type": f"lifespan.{kind}.complete"})


class Ears:
    """What one client heard."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.gaps: list[str] = []
        self.listener = Listener(
            on_message=lambda message: self.heard.append(message.data),
            on_gap=lambda gap: self.gaps.append(gap.reason),
        )


@asynccontextmanager
async def behind_a_proxy(
    credentials: Credentials = COOKIE,
) -> AsyncIterator[tuple[Rig, NoSockets, RealtimeClient]]:
    """Yields a service, the proxy in front of it, and a client that does not wait."""
    async with running(retry_window_seconds=0.01) as rig:
        proxy = NoSockets(rig.realtime.endpoint(nothing))
        async with hypercorn_of(proxy) as port:
            client = RealtimeClient(
                f"http://127.0.0.1:{port}",
                credentials=credentials,
                origin=ORIGIN,
                chance=lambda: 0.01,
            )
            yield rig, proxy, client
            await client.close()


async def test_a_change_of_topics_opens_the_stream_anew() -> None:
    async with behind_a_proxy() as (rig, _, client):
        first, second = Ears(), Ears()
        client.subscribe("room:7", first.listener)
        client.open()
        await client.ready()
        await rig.publish("room:7", 1)
        await until(lambda: first.heard == [1])

        topic = client.subscribe("room:8", second.listener)
        await until(lambda: topic.status.state == "live")
        await rig.publish("room:8", 2)
        await rig.publish("room:7", 3)
        await until(lambda: second.heard == [2] and first.heard == [1, 3])
        client.unsubscribe("room:7")
        await until(lambda: set(rig.realtime._core.hub.topics) <= {"room:8", "control:all"})

        assert (first.gaps, second.gaps) == ([], [])


async def test_a_stream_says_that_commands_need_a_socket() -> None:
    async with behind_a_proxy() as (_, _, client):
        client.subscribe("room:7", Listener())
        client.open()
        await client.ready()

        with pytest.raises(Refused, match="unavailable"):
            await client.history("room:7")
        assert client.signal("room:7", 1) is False


async def test_a_socket_is_tried_again_and_goes_on_where_the_stream_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fallback, "STAY_SECONDS", 0.3)
    async with behind_a_proxy() as (rig, proxy, client):
        ears = Ears()
        client.subscribe("room:7", ears.listener)
        client.open()
        await client.ready()
        await rig.publish("room:7", 1)
        await until(lambda: ears.heard == [1])

        proxy.is_open = True
        await until(lambda: client.status.state == "live")
        await rig.publish("room:7", 2)
        await until(lambda: ears.heard == [1, 2])

        assert ears.gaps == []


async def test_nobody_stops_on_a_stream_too() -> None:
    async with behind_a_proxy(Credentials(cookie="session=nobody")) as (_, _, client):
        client.subscribe("room:7", Listener())
        client.open()

        await until(lambda: client.status.state == "stopped")

        assert client.status.code == 4401


async def test_who_has_only_tickets_has_no_stream() -> None:
    async def ticket() -> str:
        return "t-1"

    async with behind_a_proxy(Credentials(ticket=ticket)) as (_, _, client):
        client.subscribe("room:7", Listener())
        client.open()
        for _ in range(2 * fallback.SOCKETS_BEFORE_STREAM):
            await until(lambda: client.status.failure)
            await asyncio.sleep(0.02)

        assert not client._fallback.is_due


def test_an_event_without_an_end_is_not_kept() -> None:
    with pytest.raises(ConnectionError, match="too long"):
        list(EventLines().feed(b"data: " + b"x" * MESSAGE_MAX_BYTES))


def due_after(failure: Exception) -> bool:
    """Tells whether a stream is due when many sockets failed like that."""
    made = fallback.Fallback(
        Address(parse_uri("ws://localhost/realtime/socket"), None, {}, None),
        is_possible=True,
        topics=lambda: ["room:7"],
        on_welcome=lambda greeting: None,
        on_push=lambda frame: None,
    )
    for _ in range(2 * fallback.SOCKETS_BEFORE_STREAM):
        made.refused(failure)
    return made.is_due


@pytest.mark.parametrize("status", [400, 403, 404, 426, 502])
def test_an_answer_that_lets_no_socket_through_leads_to_a_stream(status: int) -> None:
    assert due_after(InvalidStatus(Response(status, "", Headers())))


@pytest.mark.parametrize(
    "failure",
    [
        ConnectionRefusedError(),
        ConnectionResetError(),
        TimeoutError(),
        InvalidMessage(),
        InvalidStatus(Response(429, "", Headers())),
        InvalidStatus(Response(503, "", Headers())),
    ],
    ids=["refused", "reset", "silent", "cut", "too often", "too busy"],
)
def test_what_passes_does_not_for_a_socket_resumes_without_a_gap(failure: Exception) -> None:
    assert not due_after(failure)
