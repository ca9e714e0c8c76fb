"""What ends with a session, a token or an account: everything, in every process (W6, W21).

Two applications over one PostgreSQL and one Valkey, each behind a real server, as two processes
are; whatever happens in the one is felt by clients of the other.
"""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
from quart import Quart
from sqlalchemy import delete
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.factory import create_app
from app.identity.tables import ApiTokenRow
from app.principal import Principal
from app.principal import TokenId
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import resources_of
from app.settings import Settings
from tests import servers
from tests.people import PASSWORD
from tests.people import Person
from tests.people import join
from tests.ports import free_port
from tests.realtime.rig import Socket
from tests.realtime.rig import Stream
from tests.realtime.rig import until
from tests.sockets import connect

END_SECONDS = 30.0  # sooner than the next look at every session
ME = "/api/v1/accounts/me"


async def anybody(who: Principal, key: str, action: Action) -> bool:
    return who.is_signed_in


@pytest.fixture
async def elsewhere(app: Quart, settings: Settings) -> AsyncIterator[str]:
    """Serves another process with the same people; yields its base URL."""
    port = free_port()
    own = settings.model_copy(
        update={
            "public_url": f"http://127.0.0.1:{port}",
            "server": settings.server.model_copy(update={"port": port}),
        }
    )
    other = create_app(own)
    async with other.test_app(), servers.listening(other, own):
        for one in (app, other):
            resources_of(one).realtime.declare(
                TopicNamespace("room", kind=Window(), authorise=anybody, scope="account:read")
            )
        topics = resources_of(other).realtime._core.hub.topics
        await until(lambda: topics["control:all"].log.state == "live")  # type: ignore[union-attr]
        yield own.public_url


@dataclass
class Clients:
    """What one person has open in the other process: by their session, and by a token."""

    token_id: TokenId
    by_session: Socket
    stream: Stream
    by_token: Socket
    token_stream: Stream
    browser: httpx.AsyncClient
    program: httpx.AsyncClient

    async def statuses(self) -> list[int]:
        return [(await client.get(ME)).status_code for client in (self.browser, self.program)]


@pytest.fixture
async def clients(app: Quart, elsewhere: str, ada: Person) -> AsyncIterator[Clients]:
    """Opens everything as Ada, elsewhere, and sees that it works."""
    issued = await resources_of(app).identity.tokens.issue(
        ada.principal, name="bot", scopes=["account:read"], days=1
    )
    cookie, bearer = {"Cookie": ada.cookie}, {"Authorization": f"Bearer {issued.secret}"}
    async with AsyncExitStack() as stack:
        browser = httpx.AsyncClient(base_url=elsewhere, headers=cookie, timeout=60)
        program = httpx.AsyncClient(base_url=elsewhere, headers=bearer, timeout=60)
        sockets: list[Socket] = []
        streams: list[Stream] = []
        for client in (browser, program):
            await stack.enter_async_context(client)
            address = elsewhere.replace("http", "ws") + "/realtime/socket"
            connection = await stack.enter_async_context(
                connect(
                    address,
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    origin=Origin(elsewhere) if client is browser else None,
                    additional_headers=cookie if client is browser else bearer,
                )
            )
            socket = Socket(connection)
            assert (await socket.hello({"topic": "room:7"}))["subscriptions"][0]["topic"]
            response = await stack.enter_async_context(
                client.stream("GET", "/realtime/events", params={"topic": "room:7"})
            )
            stream = Stream(response)
            assert (await stream.receive()).name == "welcome"
            sockets.append(socket)
            streams.append(stream)
        yield Clients(
            issued.token.id, sockets[0], streams[0], sockets[1], streams[1], browser, program
        )


async def sign_out(app: Quart, ada: Person) -> None:
    assert (await ada.client.post("/api/v1/accounts/sign-out")).status_code == 204


async def change_password(app: Quart, ada: Person) -> None:
    await resources_of(app).identity.set_password(ada.user.id, PASSWORD + "!")


async def disable(app: Quart, ada: Person) -> None:
    root = await join(app, "Root", is_admin=True)
    await resources_of(app).identity.people.disable(root.principal, ada.user.id)


async def test_signing_out_ends_the_session_its_socket_and_its_stream_and_not_the_token(
    app: Quart, ada: Person, clients: Clients
) -> None:
    assert await clients.statuses() == [200, 200]

    await sign_out(app, ada)

    async with asyncio.timeout(END_SECONDS):
        assert await clients.by_session.closed() == 4401
        assert (await clients.stream.receive()).frame["code"] == 4401
    assert await clients.statuses() == [401, 200]


@pytest.mark.parametrize("end", [change_password, disable])
async def test_a_new_password_and_a_disabled_account_end_everything(
    app: Quart, ada: Person, clients: Clients, end: Callable[[Quart, Person], Awaitable[None]]
) -> None:
    assert await clients.statuses() == [200, 200]

    await end(app, ada)

    async with asyncio.timeout(END_SECONDS):
        assert await clients.by_session.closed() == 4401
        assert await clients.by_token.closed() == 4401
        assert (await clients.stream.receive()).frame["code"] == 4401
        assert (await clients.token_stream.receive()).frame["code"] == 4401
    assert await clients.statuses() == [401, 401]


async def test_a_revoked_token_is_refused_at_once_and_what_it_opened_is_closed(
    app: Quart, ada: Person, clients: Clients
) -> None:
    assert await clients.statuses() == [200, 200]

    response = await ada.client.delete(f"/api/v1/accounts/tokens/{clients.token_id}")

    assert response.status_code == 204
    assert await clients.statuses() == [200, 401]
    async with asyncio.timeout(END_SECONDS):
        assert await clients.by_token.closed() == 4401
        assert (await clients.token_stream.receive()).frame["code"] == 4401


async def test_without_the_order_a_revoked_token_keeps_its_socket(
    app: Quart, ada: Person, clients: Clients
) -> None:
    resources = resources_of(app)

    async with resources.database.transaction() as work:
        await work.session.execute(delete(ApiTokenRow))
    await resources.realtime.publish("room:7", b'"still listening"')

    assert await clients.statuses() == [200, 401]
    assert (await clients.by_token.receive())["data"] == "still listening"
