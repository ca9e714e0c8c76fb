"""A second look at the sessions of those who are connected."""

import asyncio
from typing import cast
from uuid import uuid4

from app.principal import MachineId
from app.principal import Principal
from app.principal import UserId
from app.realtime.connections.connection import Connection
from app.realtime.connections.session_check import AT_ONCE
from app.realtime.connections.session_check import MACHINES_AT_ONCE
from app.realtime.connections.session_check import SessionCheck
from app.realtime.credentials import NO_CREDENTIAL
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.protocol.close_codes import CloseCode
from tests.realtime.rig import Door
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until


async def test_a_socket_whose_session_has_ended_is_closed() -> None:
    async with running(session_check_seconds=0.1) as rig, rig.socket() as ada:
        await ada.hello()
        del rig.door.people["ada"]

        assert (await ada.receive())["reason"] == "session ended"
        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_a_stream_whose_session_has_ended_is_ended() -> None:
    async with running(session_check_seconds=0.1) as rig, rig.stream("room:7") as stream:
        await stream.receive()
        del rig.door.people["ada"]

        assert (await stream.receive()).name == "bye"
        await stream.ended()


async def test_a_session_that_goes_on_changes_nothing(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        core = rig.realtime._core

        core.sessions.look_at(next(iter(core.hub.connections.values())))
        await core.sessions.look_at_all()

        assert (await ada.ask("presence", topic="room:7"))["result"]


class BrokenDoor(Door):
    """A door that crashes when it is told to."""

    is_broken = False

    async def authenticate(self, credential: Credential) -> Vouched:
        if self.is_broken:
            raise RuntimeError("a bug")
        return await super().authenticate(credential)


async def test_an_outage_or_a_bug_signs_nobody_out() -> None:
    door = BrokenDoor()
    async with running(door=door) as rig, rig.socket() as ada:
        await ada.hello()
        core = rig.realtime._core
        connection = next(iter(core.hub.connections.values()))
        door.is_away = True
        core.sessions.look_at(connection)
        await core.sessions.look_at_all()
        door.is_away, door.is_broken = False, True
        core.sessions.look_at(connection)
        await core.sessions.look_at_all()

        assert (await ada.ask("presence", topic="room:7"))["result"]


async def test_a_crash_while_saying_hello_closes_the_socket_as_our_fault() -> None:
    door = BrokenDoor()
    async with running(door=door) as rig, rig.socket() as ada:
        door.is_broken = True

        await ada.send("hello")

        assert (await ada.receive())["error"]["code"] == "internal"
        door.is_broken = False
        assert await ada.hello()
        await until(lambda: rig.realtime.connections == 1)


class Looked:
    """A connection as far as a second look goes."""

    def __init__(self, principal: Principal) -> None:
        self.id, self.principal, self.credential = str(uuid4()), principal, NO_CREDENTIAL
        self.codes: list[int] = []

    def close(self, code: int, _reason: str) -> None:
        self.codes.append(code)


async def test_a_fleet_takes_few_rounds_and_people_are_looked_at_a_few_at_a_time() -> None:
    here, most = 0, 0

    async def authenticate(_credential: Credential) -> Vouched:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0)
        here -= 1
        return Vouched(Principal(kind="anonymous"))

    async def look_at(*principals: Principal) -> list[list[int]]:
        nonlocal most
        most, looked = 0, [Looked(one) for one in principals]
        check = SessionCheck(authenticate, clock=lambda: 0.0)
        check.look_at(*(cast("Connection", one) for one in looked))
        await check.look_at_all()
        return [one.codes for one in looked]

    people = [Principal(kind="user", user_id=UserId(uuid4())) for _ in range(3 * AT_ONCE)]
    assert await look_at(*people) == [[CloseCode.UNAUTHENTICATED]] * len(people)
    assert most == AT_ONCE

    machines = [Principal(kind="machine", machine_id=MachineId(uuid4())) for _ in range(600)]
    assert await look_at(*machines) == [[CloseCode.UNAUTHENTICATED]] * len(machines)
    assert most == MACHINES_AT_ONCE
