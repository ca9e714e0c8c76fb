"""A page connects as whom it was made for, whoever is signed in in its browser by now."""

import httpx
import pytest
from websockets.typing import Subprotocol

from app.realtime.protocol.messages import SUBPROTOCOL
from tests.patience import PATIENCE_SECONDS
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Rig
from tests.realtime.rig import Socket
from tests.sockets import connect

ANSWERS = {"ada": ("reply", None), "grace": ("bye", "somebody else")}
STATUSES = {"ada": 200, "grace": 401}


@pytest.mark.parametrize("name", ["ada", "grace"])
async def test_a_socket_of_adas_page_is_adas_or_nobodys(rig: Rig, name: str) -> None:
    rig.door.add(name)
    ada = rig.door.people.get("ada") or rig.door.add("ada")
    async with connect(
        f"{rig.socket_url}?signed-in-as={ada.own_id}",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Cookie": f"session={name}", "Origin": ORIGIN},
    ) as connection:
        socket = Socket(connection)
        await socket.send("hello")

        answer = await socket.receive()

        assert (answer["type"], answer.get("reason")) == ANSWERS[name]


@pytest.mark.parametrize("name", ["ada", "grace"])
async def test_a_stream_of_adas_page_is_adas_or_nobodys(rig: Rig, name: str) -> None:
    rig.door.add(name)
    ada = rig.door.people.get("ada") or rig.door.add("ada")
    query = {"topic": "room:7", "signed-in-as": str(ada.own_id)}
    cookie = {"Cookie": f"session={name}"}
    async with (
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", rig.events_url, params=query, headers=cookie) as stream,
    ):
        assert stream.status_code == STATUSES[name]


async def test_a_ticket_says_by_itself_whose_it_is(rig: Rig) -> None:
    rig.door.add("grace")
    rig.door.tickets["t-1"] = "grace"
    async with connect(
        f"{rig.socket_url}?signed-in-as=nobody", subprotocols=[Subprotocol(SUBPROTOCOL)]
    ) as connection:
        assert "result" in await Socket(connection).ask("hello", ticket="t-1")
