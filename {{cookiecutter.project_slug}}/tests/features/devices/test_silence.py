"""Devices that go away without a word, and one that comes and goes all the time."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field

import pytest
from quart import Quart
from redis.asyncio import Redis
from websockets.typing import Subprotocol

from app.database import Database
from app.factory import create_app
from app.features.devices.live_topics import orders_topic
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import devices_of
from app.realtime.client import Credentials
from app.realtime.client import Listener
from app.realtime.client import Presence
from app.realtime.client import RealtimeClient
from app.realtime.connections.heartbeat import BEAT_SECONDS
from app.realtime.connections.outbound import SLOW_CLOSE_SECONDS
from app.realtime.protocol.messages import SUBPROTOCOL
from app.settings import RealtimeSettings
from app.settings import Settings
from tests.chaos_proxy import ChaosProxy
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.people import join
from tests.realtime.rig import Socket
from tests.realtime.rig import until
from tests.servers import listening
from tests.sockets import connect

MUTE, WELL, CUTS = 5, 5, 6
TOLD_SECONDS = 35.0


@pytest.fixture
async def quick(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields the service; it asks the silent after 0.3 s, and waits for 3 s.

    Whoever is cut off lingers for longer than a busy machine takes to let them come back.
    """
    hurried = {"ping_seconds": 0.3, "pong_seconds": 3.0, "presence_linger_seconds": 300.0}
    own = settings.model_copy(update={"realtime": settings.realtime.model_copy(update=hurried)})
    created = create_app(own)
    async with created.test_app(), listening(created, own):
        yield created


def test_a_silent_death_is_told_within_35_seconds() -> None:
    """Sums up what comes one after the other; the test below shows that nothing else does."""
    asked = RealtimeSettings().ping_seconds + 2 * BEAT_SECONDS
    given_up = RealtimeSettings().pong_seconds + 2 * BEAT_SECONDS
    goodbye = SLOW_CLOSE_SECONDS + 2 * BEAT_SECONDS

    assert asked + given_up + goodbye <= TOLD_SECONDS - 2


@pytest.mark.slow
async def test_of_a_fleet_the_silent_are_told_to_be_away_and_one_that_flaps_is_not(
    quick: Quart, settings: Settings
) -> None:
    ada, address = await join(quick, "Ada"), (settings.server.host, settings.server.port)
    made = [
        await devices_of(quick).register(ada.principal, NewDevice(name=f"{n}", metrics=["load"]))
        for n in range(MUTE + WELL + 1)
    ]
    silent, well, flapping = made[:MUTE], made[MUTE:-1], made[-1]
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(watching(settings, ada, made))
        proxy = await stack.enter_async_context(ChaosProxy(address))
        for one in well:
            await stack.enter_async_context(client(settings.public_url, one))
        for one in silent:
            await stack.enter_async_context(alone(proxy.port, one))
        await until(lambda: len(page.joined) == MUTE + WELL)
        proxy.half_open()
        async with ChaosProxy(address) as wire:
            for _ in range(CUTS):
                async with alone(wire.port, flapping):
                    wire.cut()

        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(page.left) < MUTE:  # noqa: ASYNC110 - others tell
                await asyncio.sleep(0.02)

    assert sorted(page.left) == sorted(str(one.device.id) for one in silent)
    assert page.joined.count(str(flapping.device.id)) == 1
    assert len(page.joined) == len(made), "nobody came twice"
    assert page.messages == 0


@dataclass
class Page:
    """What somebody's page has heard of their devices: their ids, in order."""

    here: set[str] = field(default_factory=set)
    joined: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    messages: int = 0

    def listener(self) -> Listener:
        """Returns what listens to all the topics; the page is on each of them, too."""

        def hear(who: Presence) -> None:
            device = who.topic.partition(":")[2]
            is_here = device in {member.user for member in who.members or ()}
            if is_here and device not in self.here:
                self.joined.append(device)
                self.here.add(device)
            elif not is_here and device in self.here:
                self.left.append(device)
                self.here.remove(device)

        def count(_message: object) -> None:
            self.messages += 1

        return Listener(on_presence=hear, on_message=count)


@asynccontextmanager
async def watching(
    settings: Settings, owner: Person, made: Sequence[RegisteredDevice]
) -> AsyncIterator[Page]:
    """Opens a page that hears who of the devices comes and goes."""
    page = Page()
    client = RealtimeClient(settings.public_url, credentials=Credentials(cookie=owner.cookie))
    for one in made:
        client.subscribe(orders_topic(one.device.id), page.listener(), presence=True)
    async with client:
        await client.ready()
        yield page


@asynccontextmanager
async def client(url: str, made: RegisteredDevice) -> AsyncIterator[None]:
    """Connects a device that answers."""
    async with RealtimeClient(url, credentials=Credentials(bearer=made.token)) as device:
        device.subscribe(orders_topic(made.device.id), Listener(), presence=True)
        await device.ready()
        yield


@asynccontextmanager
async def alone(port: int, made: RegisteredDevice) -> AsyncIterator[None]:
    """Connects a device that never answers, with nothing but a socket."""
    async with connect(
        f"ws://127.0.0.1:{port}/realtime/socket",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Authorization": f"Bearer {made.token}"},
        close_timeout=0.1,
    ) as connection:
        await Socket(connection).hello({"topic": orders_topic(made.device.id), "presence": True})
        yield
