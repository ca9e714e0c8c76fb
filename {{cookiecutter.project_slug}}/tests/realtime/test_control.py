"""Orders reach every process."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from app.principal import MachineId
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId
from app.realtime.control import CONTROL_TOPIC
from app.realtime.control import NAMESPACE
from app.realtime.protocol.close_codes import CloseCode
from tests.realtime.fakes import FakeBackplane
from tests.realtime.rig import Door
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until


async def test_disconnecting_a_user_reaches_every_process_and_nobody_else() -> None:
    backplane, door = FakeBackplane(), Door()
    async with (
        running(backplane, door) as one,
        running(backplane, door) as two,
        one.socket("ada") as here,
        two.socket("ada") as there,
        two.socket("grace") as grace,
    ):
        for socket in (here, there, grace):
            await socket.hello()
        await until(lambda: backplane.subscribed.count(CONTROL_TOPIC) == 2)

        await one.realtime.disconnect(user=door.people["ada"].user_id)

        assert (await there.receive())["reason"] == "signed out"
        assert await there.closed() == CloseCode.UNAUTHENTICATED
        assert await here.closed() == CloseCode.UNAUTHENTICATED
        assert (await grace.ask("presence", topic="room:7"))["result"]


async def test_the_machines_of_a_user_are_looked_at_again_in_every_process() -> None:
    """An order that ends somebody ends what they own, unless it is still let in."""
    backplane, door = FakeBackplane(), Door()
    ada = door.add("ada")
    for name in ("fridge", "kettle"):
        door.people[name] = machine_of(ada, name)
    async with (
        running(backplane, door) as one,
        running(backplane, door) as two,
        two.socket("fridge") as fridge,
        two.socket("kettle") as kettle,
    ):
        await fridge.hello()
        await kettle.hello()
        await until(lambda: backplane.subscribed.count(CONTROL_TOPIC) == 2)
        del door.people["fridge"]

        await one.realtime.disconnect(user=ada.user_id)

        assert (await fridge.receive())["reason"] == "session ended"
        assert await fridge.closed() == CloseCode.UNAUTHENTICATED
        assert (await kettle.ask("presence", topic="room:7"))["result"]


def machine_of(owner: Principal, name: str) -> Principal:
    """Returns a machine of somebody's."""
    return Principal(
        kind="machine", machine_id=MachineId(uuid4()), name=name, owner_id=owner.user_id
    )


async def test_disconnecting_a_session_leaves_the_users_other_sessions(rig: Rig) -> None:
    laptop = rig.door.people["ada"]
    phone = replace(laptop, session_id=SessionId(uuid4()))
    rig.door.people["phone"] = phone
    async with rig.socket("ada") as one, rig.socket("phone") as other:
        await one.hello()
        await other.hello()

        await rig.realtime.disconnect(session=laptop.session_id)

        assert await one.closed() == CloseCode.UNAUTHENTICATED
        assert (await other.ask("presence", topic="room:7"))["result"]


async def test_a_removed_member_hears_nothing_more_and_is_told(rig: Rig) -> None:
    ada_id = rig.door.people["ada"].own_id
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": "room:7", "presence": True}, {"topic": "room:8"})
        await grace.hello({"topic": "room:7"})
        rig.door.forbidden_keys.add("7")

        await rig.realtime.end_subscription("room:7", user=ada_id)

        assert await ada.receive() == {
            "type": "unsubscribed",
            "topic": "room:7",
            "code": "forbidden",
            "retry": False,
        }
        await rig.publish("room:7", "not for ada")
        assert (await grace.receive())["data"] == "not for ada"
        await rig.publish("room:8", "for ada")
        assert (await ada.receive())["data"] == "for ada"
        assert (await ada.ask("subscribe", topic="room:7"))["error"]["code"] == "forbidden"
        await until(lambda: not rig.presence.members["room:7"])


async def test_whoever_asked_is_told_in_every_process_whom_to_forget() -> None:
    backplane, door = FakeBackplane(), Door()
    told: list[tuple[object, object]] = []
    async with running(backplane, door) as one, running(backplane, door) as two:
        two.realtime.on_disconnect(lambda *, user, session: told.append((user, session)))
        await until(lambda: backplane.subscribed.count(CONTROL_TOPIC) == 2)
        ada = door.people["ada"]

        await one.realtime.disconnect(user=ada.user_id)

        await until(lambda: told)
        assert told == [(ada.user_id, None)]


async def test_nobody_may_name_the_control_topic() -> None:
    ada = Door().add("ada")

    assert not await NAMESPACE.authorise(ada, "all", "subscribe")


async def test_with_the_backplane_away_an_order_is_obeyed_here(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        rig.backplane.is_away = True

        await rig.realtime.disconnect(user=rig.door.people["ada"].user_id)

        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_an_order_that_may_be_lost_makes_us_look_at_every_session(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello()
        await grace.hello()
        await rig.realtime.disconnect(user=UserId(uuid4()))
        del rig.door.people["ada"]
        rig.backplane.forget_everything("e2")

        await rig.realtime.disconnect(user=UserId(uuid4()))

        assert await ada.closed() == CloseCode.UNAUTHENTICATED
        assert (await grace.ask("presence", topic="room:7"))["result"]


async def test_listening_begins_when_the_backplane_can_be_reached() -> None:
    backplane = FakeBackplane()
    backplane.is_away = True
    async with running(backplane) as rig, rig.socket() as ada:
        await ada.hello()

        backplane.is_away = False

        await until(lambda: CONTROL_TOPIC in backplane.subscribed)
        await rig.realtime.disconnect(user=rig.door.people["ada"].user_id)
        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_where_a_user_has_one_connection_the_newer_one_takes_the_place(rig: Rig) -> None:
    async with (
        rig.socket("ada") as old,
        rig.socket("ada") as new,
        rig.socket("ada") as elsewhere,
        rig.socket("grace") as grace,
    ):
        for socket in (old, grace):
            await socket.hello({"topic": "single:7"})
        await elsewhere.hello({"topic": "single:8"}, {"topic": "room:7"})

        await new.hello({"topic": "single:7"})

        assert await old.receive() == {
            "type": "bye",
            "code": 4409,
            "reason": "a newer connection took the place",
            "retry": False,
        }
        assert await old.closed() == CloseCode.REPLACED
        for socket in (new, grace, elsewhere):
            assert (await socket.ask("presence", topic="room:7"))["result"]


async def test_a_place_is_taken_in_another_process_too() -> None:
    backplane, door = FakeBackplane(), Door()
    async with (
        running(backplane, door) as one,
        running(backplane, door) as two,
        one.socket("ada") as old,
        two.socket("ada") as new,
    ):
        await until(lambda: backplane.subscribed.count(CONTROL_TOPIC) == 2)
        await old.hello({"topic": "single:7"})

        await new.hello({"topic": "single:7"})

        assert await old.closed() == CloseCode.REPLACED
        assert (await new.ask("presence", topic="room:7"))["result"]


async def test_of_two_that_come_at_once_one_stays() -> None:
    backplane, door = FakeBackplane(), Door()
    async with (
        running(backplane, door) as one,
        running(backplane, door) as two,
        one.socket("ada") as first,
        two.socket("ada") as second,
    ):
        await until(lambda: backplane.subscribed.count(CONTROL_TOPIC) == 2)

        await asyncio.gather(
            first.hello({"topic": "single:7"}), second.hello({"topic": "single:7"})
        )

        closed = asyncio.create_task(first.closed()), asyncio.create_task(second.closed())
        _, pending = await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED)
        assert len(pending) == 1
        [left] = [
            socket for socket, task in zip((first, second), closed, strict=True) if task in pending
        ]
        assert (await left.ask("presence", topic="room:7"))["result"]
        pending.pop().cancel()


async def test_without_the_backplane_the_place_is_taken_in_this_process(rig: Rig) -> None:
    async with rig.socket("ada") as old, rig.socket("ada") as new:
        await old.hello({"topic": "single:7"})
        await new.hello()
        rig.backplane.publish_fails = True

        await new.ask("subscribe", topic="single:7")

        assert await old.closed() == CloseCode.REPLACED
        listening = rig.realtime._core.hub.topics["single:7"].subscribers
        await until(lambda: [one.is_claimed for one in listening.values()] == [True])
