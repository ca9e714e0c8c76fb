"""A realtime core behind a real Hypercorn on the loopback interface, and clients for it."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from uuid import uuid4

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.errors import Unavailable
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.realtime import Realtime
from app.realtime.asgi import ASGIApp
from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.backplane import Backplane
from app.realtime.credentials import NOBODY
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.presence_store import PresenceStore
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.topics import Action
from app.realtime.topics import Ephemeral
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.settings import RealtimeSettings
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fakes import FakeBackplane
from tests.realtime.fakes import FakePresence
from tests.sockets import connect

ORIGIN = "http://here.test"
Frame = dict[str, Any]


@dataclass
class Door:
    """Who may come in. The cookie ``session=<name>`` is the whole proof, or the name as a token.

    ``tickets`` leads from a ticket to a name, once.
    """

    people: dict[str, Principal] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    seconds_left: float | None = None
    is_away: bool = False
    forbidden_keys: set[str] = field(default_factory=lambda: {"secret"})
    away_keys: set[str] = field(default_factory=lambda: {"away"})

    async def authenticate(self, credential: Credential) -> Vouched:
        if self.is_away:
            raise Unavailable("the sessions are away")
        value = credential.value
        match credential.kind:
            case "ticket":
                return self._vouch(self.tickets.pop(value, ""))
            case "cookie":
                return self._vouch(value.removeprefix("session="))
            case "bearer" | "session":
                return self._vouch(value)
            case _:
                return NOBODY

    def _vouch(self, name: str) -> Vouched:
        if name not in self.people:
            return NOBODY
        return Vouched(self.people[name], self.seconds_left, Credential("session", name))

    async def authorise(self, who: Principal, key: str, action: Action) -> bool:
        if key == "broken":
            raise RuntimeError("a bug in a feature")
        if key in self.away_keys:
            raise Unavailable("the database is away")
        return key not in self.forbidden_keys

    def add(self, name: str) -> Principal:
        self.people[name] = Principal(
            kind="user", user_id=UserId(uuid4()), session_id=SessionId(uuid4()), name=name
        )
        return self.people[name]


class Clock:
    """The seconds that have passed, for a core that ages when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Socket:
    """One client: sends commands, hands out frames one by one."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._lines: list[str] = []
        self._next_id = 0

    async def send(self, kind: str, **fields: Any) -> int:
        """Sends one command; returns its id."""
        self._next_id += 1
        await self.connection.send(json.dumps({"type": kind, "id": self._next_id, **fields}))
        return self._next_id

    async def receive(self) -> Frame:
        """Returns the next frame."""
        while not self._lines:
            async with asyncio.timeout(PATIENCE_SECONDS):
                text = await self.connection.recv()
            self._lines = str(text).split("\n")
        frame: Frame = json.loads(self._lines.pop(0))
        return frame

    async def ask(self, kind: str, **fields: Any) -> Frame:
        """Sends one command and returns the next frame, which is to be its reply."""
        command_id = await self.send(kind, **fields)
        reply = await self.receive()
        assert reply["type"] == "reply", reply
        assert reply["id"] == command_id
        return reply

    async def hello(self, *subscriptions: Frame) -> Frame:
        """Says hello; returns the result."""
        reply = await self.ask("hello", client="test/1", subscriptions=list(subscriptions))
        result: Frame = reply["result"]
        return result

    async def closed(self) -> int:
        """Waits for the close; returns its code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.connection.wait_closed()
        return self.connection.close_code or 0


@dataclass(frozen=True)
class StreamEvent:
    """One server-sent event."""

    name: str
    frame: Frame
    cursor: str


class Stream:
    """An open stream of events; ``retry`` and comments are kept aside."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.retry_ms: int | None = None
        self.comments = 0
        self._lines = response.aiter_lines()

    async def receive(self) -> StreamEvent:
        """Returns the next event.

        Raises:
            StopAsyncIteration: the stream has ended.
        """
        fields: dict[str, str] = {}
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = await anext(self._lines)
            name, _, value = line.partition(": ")
            if not line and "data" in fields:
                return StreamEvent(fields["event"], json.loads(fields["data"]), fields["id"])
            if name == "retry":
                self.retry_ms = int(value)
            elif line.startswith(":"):
                self.comments += 1
            elif line:
                fields[name] = value

    async def ended(self) -> None:
        """Reads until the server has ended the stream."""
        with suppress(StopAsyncIteration):
            while True:
                await self.receive()


@dataclass
class Served:
    """A realtime core and the ways to it."""

    realtime: Realtime
    port: int

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/realtime/socket"

    @property
    def events_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/realtime/events"

    @asynccontextmanager
    async def socket(self, name: str = "ada", **options: Any) -> AsyncIterator[Socket]:
        """Connects as the person ``name``."""
        async with connect(
            self.socket_url,
            origin=Origin(ORIGIN),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Cookie": f"session={name}"},
            compression=None,
            max_size=None,
            **options,
        ) as connection:
            yield Socket(connection)

    @asynccontextmanager
    async def stream(
        self, *topics: str, cursor: str = "", name: str = "ada", **headers: str
    ) -> AsyncIterator[Stream]:
        """Opens a stream as the person ``name``; headers are given with underscores."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        query = {"topic": list(topics), **({"cursor": cursor} if cursor else {})}
        if name:
            named["cookie"] = f"session={name}"
        async with (
            httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
            client.stream("GET", self.events_url, params=query, headers=named) as response,
        ):
            yield Stream(response)

    async def publish(self, topic: str, *values: Any) -> None:
        """Publishes values as JSON."""
        for value in values:
            await self.realtime.publish(topic, json.dumps(value).encode())


async def until(condition: Callable[[], object]) -> None:
    """Waits for a condition, a few milliseconds at a time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - anything may be waited for
            await asyncio.sleep(0.005)


@dataclass
class Rig(Served):
    """The same over fakes, with everything a test touches."""

    backplane: FakeBackplane
    presence: FakePresence
    door: Door


@asynccontextmanager
async def running(
    backplane: FakeBackplane | None = None,
    door: Door | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    **settings: Any,
) -> AsyncIterator[Rig]:
    """Serves a realtime core over fakes; the people ada and grace may come in."""
    backplane, presence, door = backplane or FakeBackplane(), FakePresence(), door or Door()
    async with serving(backplane, presence, door, clock=clock, **settings) as served:
        yield Rig(served.realtime, served.port, backplane, presence, door)


@asynccontextmanager
async def serving(
    backplane: Backplane,
    presence: PresenceStore,
    door: Door,
    *,
    clock: Callable[[], float] = time.monotonic,
    **settings: Any,
) -> AsyncIterator[Served]:
    """Serves a realtime core over any adapters."""
    for name in {"ada", "grace"} - set(door.people):
        door.add(name)
    realtime = Realtime(
        RealtimeSettings.model_construct(**settings),
        backplane=backplane,
        presence=presence,
        authenticate=door.authenticate,
        origins=frozenset({ORIGIN}),
        clock=clock,
    )
    for namespace in namespaces(door):
        realtime.declare(namespace)
    await realtime.open()
    inbound_frames = realtime._core.settings.inbound_frames
    try:
        async with hypercorn_of(realtime.endpoint(_inner), inbound_frames=inbound_frames) as port:
            try:
                yield Served(realtime, port)
            finally:
                await realtime.drain(window_seconds=0, deadline_seconds=1)
    finally:
        await realtime.close()


def namespaces(door: Door) -> list[TopicNamespace]:
    """Returns the topics of the tests."""
    return [
        TopicNamespace(
            "room", kind=Window(), authorise=door.authorise, signals=True, presence=True
        ),
        TopicNamespace(
            "robots",
            kind=Window(),
            authorise=door.authorise,
            presence=True,
            presence_linger_seconds=0.0,
        ),
        TopicNamespace(
            "single", kind=Window(), authorise=door.authorise, one_connection_per_user=True
        ),
        TopicNamespace("state", kind=Latest(seconds=300), authorise=door.authorise, presence=True),
        TopicNamespace("short", kind=Window(messages=2), authorise=door.authorise),
        TopicNamespace("board", kind=Window(), authorise=door.authorise, publishes=True),
        TopicNamespace("cursors", kind=Ephemeral(), authorise=door.authorise, publishes=True),
        TopicNamespace(
            "figures", kind=Ephemeral(), authorise=door.authorise, on_slow="drop_oldest"
        ),
    ]


@asynccontextmanager
async def hypercorn_of(endpoint: ASGIApp, *, inbound_frames: int = 16) -> AsyncIterator[int]:
    """Serves any ASGI application with a plain Hypercorn; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.accesslog = config.errorlog = None
    config.max_app_queue_size = inbound_frames
    stop = asyncio.Event()
    server = asyncio.create_task(serve(endpoint, config, shutdown_trigger=stop.wait))  # type: ignore[arg-type]
    try:
        yield port
    finally:
        stop.set()
        await asyncio.wait({server}, timeout=PATIENCE_SECONDS)


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            kind = event["type"].rpartition(".")[2]
            await send({"type": f"lifespan.{kind}.complete"})
            if kind == "shutdown":
                return
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})
