"""The realtime core behind everything that the service puts around it."""

import httpx
from quart import Quart
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.connections.writers import DirectSocketWriter
from app.realtime.connections.writers import DirectStreamWriter
from app.realtime.protocol.messages import SUBPROTOCOL
from app.resources import resources_of
from app.settings import Settings
from app.transport.severing import find_transport
from tests.people import Person
from tests.realtime.rig import Socket
from tests.realtime.rig import Stream
from tests.realtime.rig import until
from tests.sockets import connect


async def test_a_socket_can_be_cut_through_the_layers_around_it(
    app: Quart, live_server: str, settings: Settings, ada: Person
) -> None:
    core = resources_of(app).realtime._core
    async with connect(
        live_server.replace("http", "ws") + "/realtime/socket",
        origin=Origin(settings.public_url),
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Cookie": ada.cookie},
    ) as connection:
        await Socket(connection).hello()
        [ours] = core.hub.connections.values()

        assert isinstance(ours.outbound.writer, DirectSocketWriter)
        assert find_transport(ours.outbound.writer._send) is not None
        ours.outbound.abort()

        await until(lambda: not core.hub.connections)


async def test_a_stream_can_be_cut_through_the_layers_around_it(
    app: Quart, live_server: str, ada: Person
) -> None:
    core = resources_of(app).realtime._core
    async with (
        httpx.AsyncClient(headers={"Cookie": ada.cookie}, timeout=60) as client,
        client.stream("GET", f"{live_server}/realtime/events?topic=room:none") as response,
    ):
        await Stream(response).receive()
        [ours] = core.hub.connections.values()

        assert isinstance(ours.outbound.writer, DirectStreamWriter)
        ours.outbound.abort()

        await until(lambda: not core.hub.connections)
