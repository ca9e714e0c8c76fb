"""Every namespace of topics and every method that clients may call, from the live application."""

import asyncio
import json
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import resources_of
from tests.access.scene import Access
from tests.access.scene import Scene
from tests.access.scene import accesses
from tests.access.scene import owner_of
from tests.access.world import World
from tests.people import Person
from tests.people import sign_in
from tests.realtime.rig import Frame
from tests.realtime.rig import Socket
from tests.realtime.rig import Stream
from tests.sockets import connect

REVOKED_SECONDS = 30.0  # sooner than the next look at every session
REFUSALS = {"forbidden", "not_found", "unauthenticated", "invalid", "not_subscribed"}


@dataclass(frozen=True)
class Target:
    """A topic of an owner's."""

    namespace: TopicNamespace
    owner: Person
    guest: Person
    scene: Scene

    @property
    def topic(self) -> str:
        return f"{self.namespace.name}:{self.scene.topics[self.namespace.name]}"

    @property
    def asks(self) -> dict[str, Frame]:
        """The commands that a client may give about a topic, by name."""
        asks: dict[str, Frame] = {"history": {"limit": 1}}
        if self.namespace.presence:
            asks["presence"] = {}
        if self.namespace.publishes:
            asks["publish"] = {"data": {}}
        return asks


async def targets(world: World) -> AsyncIterator[Target]:
    """Yields one topic of every namespace of the live application."""
    declared = {one.name: one for one in resources_of(world.app).realtime.namespaces}
    for name, access in accesses().items():
        owner, guest, scene = await _people_and_things(world, access)
        assert set(scene.topics) <= {n.name for n in resources_of(world.app).realtime.namespaces}, (
            name
        )
        for namespace in list(scene.topics):
            yield Target(declared.pop(namespace), owner, guest, scene)
            # Whoever used this one may have signed its owner out.
            owner, guest, scene = await _people_and_things(world, access)
    assert not declared, f"no scene knows a topic of {sorted(declared)}"


async def _people_and_things(world: World, access: Access) -> tuple[Person, Person, Scene]:
    owner, guest = await world.person("Owner", owner_of(access)), await world.person("Guest")
    return owner, guest, await access.scene(world.app, owner, guest)


@asynccontextmanager
async def socket_of(
    world: World, person: Person, *, machine: str | None = None
) -> AsyncIterator[Socket]:
    """Connects as somebody, or as the machine with a token."""
    url = resources_of(world.app).settings.public_url
    shown = {"Cookie": person.cookie}
    async with connect(
        url.replace("http", "ws") + "/realtime/socket",
        origin=Origin(url),
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Authorization": f"Bearer {machine}"} if machine else shown,
    ) as connection:
        yield Socket(connection)


@asynccontextmanager
async def stream_of(world: World, person: Person, topic: str) -> AsyncIterator[Stream]:
    """Opens a stream of one topic as somebody."""
    url = f"{resources_of(world.app).settings.public_url}/realtime/events"
    async with (
        httpx.AsyncClient(headers={"Cookie": person.cookie}, timeout=60) as client,
        client.stream("GET", url, params={"topic": topic}) as response,
    ):
        yield Stream(response)


async def subscribed(world: World, person: Person, topic: str) -> tuple[bool, bool]:
    """Tells whether somebody is let in over WebSocket, and over SSE."""
    async with socket_of(world, person) as socket, stream_of(world, person, topic) as stream:
        greeting = await socket.hello({"topic": topic})
        [over_socket] = greeting["subscriptions"]
        [over_stream] = (await stream.receive()).frame["subscriptions"]
        return "error" not in over_socket, "error" not in over_stream


async def answers(world: World, person: Person, target: Target) -> dict[str, Frame]:
    """Returns what somebody who asks about a topic is told, over a socket and as requests."""
    url = resources_of(world.app).settings.public_url
    told: dict[str, Frame] = {}
    async with (
        socket_of(world, person) as socket,
        httpx.AsyncClient(headers={"Cookie": person.cookie, "Origin": url}, timeout=60) as client,
    ):
        await socket.hello()
        for ask, fields in target.asks.items():
            command = {"type": ask, "id": 1, "topic": target.topic, **fields}
            reply = await client.post(f"{url}/realtime/commands", json=command)
            told[f"{ask} over HTTP"] = reply.json()
            await socket.send(ask, topic=target.topic, **fields)
            told[ask] = await socket.receive()
    return told


async def test_the_topic_of_somebody_is_heard_and_asked_by_them_alone(served: World) -> None:
    async for target in targets(served):
        stranger = await served.person("Stranger")

        assert await subscribed(served, target.owner, target.topic) == (True, True), target.topic
        assert await subscribed(served, stranger, target.topic) == (False, False), target.topic

        answered = await answers(served, target.owner, target)
        refused = await answers(served, stranger, target)
        assert answered
        assert {ask for ask, told in answered.items() if "error" in told} == set()
        assert {told["error"]["code"] for told in refused.values()} <= REFUSALS


async def test_a_right_that_is_taken_away_ends_what_is_open(served: World) -> None:
    async for target in targets(served):
        name = target.namespace.name
        revoke = target.scene.revoke.get(name)
        # In a browser of its own: a scene may have several topics, and the session ends with each.
        listener = target.guest if revoke else await sign_in(served.app, target.owner.user)
        async with (
            socket_of(served, listener) as socket,
            stream_of(served, listener, target.topic) as stream,
        ):
            [heard] = (await socket.hello({"topic": target.topic}))["subscriptions"]
            [streamed] = (await stream.receive()).frame["subscriptions"]
            assert "error" not in heard
            assert "error" not in streamed

            await (revoke or session_ends(served, listener))()
            async with asyncio.timeout(REVOKED_SECONDS):
                await asyncio.gather(socket_ends(socket), stream_ends(stream))
            await publish(served, target)
            assert not await hears_anything(socket), target.topic


def session_ends(world: World, person: Person) -> Callable[[], Awaitable[object]]:
    """Returns what signs somebody out."""
    return lambda: resources_of(world.app).identity.sessions.endings.end(person.principal)


async def socket_ends(socket: Socket) -> None:
    """Waits until a socket is told that it hears no more, or is closed."""
    try:
        while (await socket.receive())["type"] != "unsubscribed":
            pass
    except ConnectionClosed:
        return


async def stream_ends(stream: Stream) -> None:
    """Waits until a stream is told that it hears no more, or has ended."""
    try:
        while (await stream.receive()).name != "unsubscribed":
            pass
    except StopAsyncIteration:
        return


async def publish(world: World, target: Target) -> None:
    """Tells the topic something that the listener must not hear any more."""
    if isinstance(target.namespace.kind, Window):
        await resources_of(world.app).realtime.publish(target.topic, json.dumps({"n": 1}).encode())


async def hears_anything(socket: Socket) -> bool:
    """Tells whether something comes before the answer to a question asked now."""
    try:
        command = await socket.send("history", topic="none:none", limit=1)
        return (await socket.receive()).get("id") != command
    except ConnectionClosed:
        return False


async def test_every_method_that_clients_may_call_is_for_whom_it_is_meant(served: World) -> None:
    methods = {method.name for method in resources_of(served.app).realtime.methods}
    for name in accesses():
        owner, scene = await served.scene(name)
        stranger = await served.person("Stranger")
        for method, data in scene.calls.items():
            methods.remove(method)
            machine = scene.callers.get(method)
            async with (
                socket_of(served, owner, machine=machine) as ours,
                socket_of(served, stranger) as theirs,
            ):
                await asyncio.gather(ours.hello(), theirs.hello())
                assert "error" not in await ours.ask("call", method=method, data=data)
                assert "error" in await theirs.ask("call", method=method, data=data)

    assert not methods, "no scene knows what these take"


async def test_a_namespace_that_lets_everybody_in_would_be_found(served: World) -> None:
    async def everybody(who: object, key: str, action: object) -> bool:
        return True

    realtime = resources_of(served.app).realtime
    realtime.declare(TopicNamespace("naive", kind=Window(), authorise=everybody))
    stranger = await served.person("Stranger")

    assert await subscribed(served, stranger, "naive:1") == (True, True)
    with pytest.raises(AssertionError, match="naive"):
        async for _ in targets(served):
            pass
