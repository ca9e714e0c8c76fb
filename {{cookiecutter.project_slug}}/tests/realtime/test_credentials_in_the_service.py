"""The credentials of a handshake, judged by identity behind everything around the core."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

import httpx
import pytest
from quart import Quart
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.identity import Bearer
from app.principal import Principal
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.resources import resources_of
from tests.people import Person
from tests.realtime.rig import Socket
from tests.realtime.rig import until
from tests.sockets import connect


async def anybody(who: Principal, key: str, action: Action) -> bool:
    return who.is_signed_in


def socket(server: str, **options: Any) -> connect:
    """Connects as a program does, unless told otherwise."""
    address = server.replace("http", "ws") + "/realtime/socket"
    return connect(address, subprotocols=[Subprotocol(SUBPROTOCOL)], **options)


async def ticket_of(person: Person) -> str:
    """Returns a new ticket of a person's session."""
    response = await person.client.post("/api/v1/realtime/tickets")
    ticket: str = (await response.get_json())["ticket"]
    return ticket


async def test_a_ticket_of_the_route_opens_one_socket(live_server: str, ada: Person) -> None:
    ticket = await ticket_of(ada)

    async with socket(live_server) as first, socket(live_server) as second:
        assert "result" in await Socket(first).ask("hello", ticket=ticket)

        await Socket(second).send("hello", ticket=ticket)

        assert await Socket(second).closed() == 4401


async def test_a_socket_of_a_ticket_ends_with_the_session_of_the_ticket(
    app: Quart, live_server: str, ada: Person
) -> None:
    async with socket(live_server) as connection:
        client = Socket(connection)
        await client.ask("hello", ticket=await ticket_of(ada))

        await resources_of(app).identity.sessions.endings.end(ada.principal)

        assert await client.closed() == 4401


async def test_a_socket_is_prolonged_and_stays_with_its_user(
    live_server: str, ada: Person, grace: Person
) -> None:
    async with socket(live_server) as connection:
        client = Socket(connection)
        await client.ask("hello", ticket=await ticket_of(ada))

        refreshed = await client.ask("refresh", ticket=await ticket_of(ada))
        refused = await client.ask("refresh", ticket=await ticket_of(grace))

    assert 0 < refreshed["result"]["expires_in_ms"] <= 30 * 86_400_000
    assert refused["error"]["code"] == "forbidden"


async def test_a_session_is_looked_at_again_by_its_id(
    app: Quart, live_server: str, ada: Person
) -> None:
    resources = resources_of(app)
    core = resources.realtime._core
    async with socket(live_server) as connection:
        client = Socket(connection)
        await client.ask("hello", ticket=await ticket_of(ada))
        [ours] = core.hub.connections.values()
        core.sessions.look_at(ours)
        await core.sessions.look_at_all()
        assert "error" in await client.ask("unsubscribe", topic="room:7")
        resources.identity.sessions.endings.on_revoke = _tell_nobody  # the order that is lost

        await resources.identity.sessions.endings.end(ada.principal)
        core.sessions.look_at(ours)

        assert await client.closed() == 4401


async def _tell_nobody(**_: object) -> None: ...


async def test_a_token_is_judged_by_the_verifier_that_a_feature_added(
    app: Quart, live_server: str, ada: Person
) -> None:
    tokens = {"tok_1": Bearer(ada.principal, datetime.now(UTC) + timedelta(seconds=30))}

    async def verify(token: str) -> Bearer | None:
        return tokens.get(token)

    resources = resources_of(app)
    resources.identity.bearers.add("tok_", verify)
    resources.realtime.declare(TopicNamespace("room", kind=Window(), authorise=anybody))
    good, bad = ({"Authorization": f"Bearer tok_{number}"} for number in (1, 2))

    async with (
        socket(live_server, additional_headers=good) as connection,
        socket(live_server, additional_headers=bad) as stranger,
        httpx.AsyncClient(base_url=live_server, timeout=60) as client,
    ):
        await Socket(connection).hello({"topic": "room:7"})
        await Socket(stranger).send("hello")
        command = {"type": "history", "id": 1, "topic": "room:7", "limit": 1}
        answers = [
            await client.post("/realtime/commands", json=command, headers=headers)
            for headers in (good, bad)
        ]

        assert (await Socket(connection).receive())["type"] == "expiring"
        assert await Socket(stranger).closed() == 4401
        assert [answer.status_code for answer in answers] == [200, 401]
        tokens.clear()
        core = resources.realtime._core
        await until(lambda: len(core.hub.connections) == 1)
        core.sessions.look_at(next(iter(core.hub.connections.values())))
        assert await Socket(connection).closed() == 4401


async def test_a_cookie_without_an_origin_opens_no_socket_and_one_with_it_does(
    live_server: str, ada: Person
) -> None:
    headers = {"Cookie": ada.cookie}
    with pytest.raises(InvalidStatus, match="403"):
        await socket(live_server, additional_headers=headers)
    async with socket(
        live_server, additional_headers=headers, origin=Origin(live_server)
    ) as connection:
        assert await Socket(connection).hello()
