"""A device of Ada's, and sockets on which devices talk."""

from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextlib import asynccontextmanager

import pytest
from quart import Quart
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from app.features.devices.service import devices_of
from app.realtime.protocol.messages import SUBPROTOCOL
from tests.people import Person
from tests.realtime.rig import Socket
from tests.sockets import connect

Connect = Callable[[str], AbstractAsyncContextManager[Socket]]


@pytest.fixture
def devices(app: Quart) -> Devices:
    """Returns the devices of the application."""
    return devices_of(app)


@pytest.fixture
async def barometer(devices: Devices, ada: Person) -> RegisteredDevice:
    """Returns a device of Ada's, with its token."""
    return await devices.register(
        ada.principal, NewDevice(name="Barometer", metrics=["pressure", "temperature"])
    )


@asynccontextmanager
async def page_of(server: str, person: Person) -> AsyncIterator[Socket]:
    """Connects as a page of somebody's does."""
    async with connect(
        server.replace("http", "ws") + "/realtime/socket",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        origin=Origin(server),
        additional_headers={"Cookie": person.cookie},
    ) as connection:
        yield Socket(connection)


@pytest.fixture
def connected(live_server: str) -> Connect:
    """Returns how a device connects: with nothing but its token."""

    @asynccontextmanager
    async def connected_with(token: str) -> AsyncIterator[Socket]:
        async with connect(
            live_server.replace("http", "ws") + "/realtime/socket",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {token}"},
        ) as connection:
            yield Socket(connection)

    return connected_with
