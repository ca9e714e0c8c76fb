import asyncio

import pytest

from app.database import Database
from app.errors import Conflict
from app.errors import Forbidden
from app.errors import NotFound
from app.features.chat import joining
from app.features.chat import members
from app.features.chat import rooms
from app.features.chat.policy import Role
from app.features.chat.schemas import Room
from app.resources import Resources
from tests.people import Person


async def roles(person: Person, store: Database, room: Room) -> dict[str, Role]:
    found = await members.list_members(person.principal, store, room_id=room.id)
    return {member.user.name: member.role for member in found}


async def test_anybody_may_join_a_public_room(
    store: Database, harbour: Room, ada: Person, mallory: Person
) -> None:
    joined = await joining.join_room(mallory.principal, store, room_id=harbour.id)

    assert joined.role == "member"
    assert joined.member_count == 3
    assert await roles(ada, store, harbour) == {
        "Ada": "owner",
        "Grace": "member",
        "Mallory": "member",
    }


async def test_joining_twice_at_once_makes_one_member(
    store: Database, harbour: Room, mallory: Person
) -> None:
    joined = await asyncio.gather(
        *(joining.join_room(mallory.principal, store, room_id=harbour.id) for _ in range(3))
    )

    assert {room.member_count for room in joined} == {3}


async def test_a_private_room_is_entered_by_invitation_only(
    store: Database, cabin: Room, ada: Person, mallory: Person
) -> None:
    with pytest.raises(NotFound):
        await joining.join_room(mallory.principal, store, room_id=cabin.id)

    await members.invite(ada.principal, store, room_id=cabin.id, email="MALLORY@example.com")

    assert (await roles(mallory, store, cabin))["Mallory"] == "member"


async def test_a_plain_member_invites_nobody(
    store: Database, cabin: Room, grace: Person, mallory: Person
) -> None:
    with pytest.raises(Forbidden):
        await members.invite(grace.principal, store, room_id=cabin.id, email=mallory.user.email)


async def test_an_invitation_needs_somebody_new_with_that_address(
    store: Database, cabin: Room, ada: Person, grace: Person
) -> None:
    with pytest.raises(NotFound, match="signed up"):
        await members.invite(ada.principal, store, room_id=cabin.id, email="nobody@example.com")
    with pytest.raises(Conflict, match="already"):
        await members.invite(ada.principal, store, room_id=cabin.id, email=grace.user.email)


async def test_an_owner_makes_another_one_and_may_leave_then(
    store: Database, cabin: Room, ada: Person, grace: Person, resources: Resources
) -> None:
    end = resources.realtime.end_subscription
    with pytest.raises(Conflict):
        await joining.leave_room(ada.principal, store, room_id=cabin.id, end_subscription=end)

    await members.change_role(
        ada.principal, store, room_id=cabin.id, user_id=grace.user.id, role="owner"
    )
    await joining.leave_room(ada.principal, store, room_id=cabin.id, end_subscription=end)

    assert await roles(grace, store, cabin) == {"Grace": "owner"}


async def test_two_owners_who_leave_at_once_leave_one_behind(
    store: Database, cabin: Room, ada: Person, grace: Person, resources: Resources
) -> None:
    await members.change_role(
        ada.principal, store, room_id=cabin.id, user_id=grace.user.id, role="owner"
    )

    outcomes = await asyncio.gather(
        *(
            joining.leave_room(
                who.principal,
                store,
                room_id=cabin.id,
                end_subscription=resources.realtime.end_subscription,
            )
            for who in (ada, grace)
        ),
        return_exceptions=True,
    )

    assert [type(one) for one in outcomes if one] == [Conflict]


async def test_the_last_owner_cannot_step_down(store: Database, cabin: Room, ada: Person) -> None:
    with pytest.raises(Conflict):
        await members.change_role(
            ada.principal, store, room_id=cabin.id, user_id=ada.user.id, role="member"
        )


async def test_only_owners_give_out_roles(store: Database, cabin: Room, grace: Person) -> None:
    with pytest.raises(Forbidden):
        await members.change_role(
            grace.principal, store, room_id=cabin.id, user_id=grace.user.id, role="owner"
        )


async def test_a_member_removes_nobody(
    store: Database, cabin: Room, ada: Person, grace: Person, resources: Resources
) -> None:
    with pytest.raises(Forbidden):
        await members.remove_member(
            grace.principal,
            store,
            room_id=cabin.id,
            user_id=ada.user.id,
            end_subscription=resources.realtime.end_subscription,
        )


async def test_only_an_owner_renames_and_deletes_a_room(
    store: Database, cabin: Room, ada: Person, grace: Person
) -> None:
    with pytest.raises(Forbidden):
        await rooms.rename_room(grace.principal, store, room_id=cabin.id, name="Mine")
    with pytest.raises(Forbidden):
        await rooms.delete_room(grace.principal, store, room_id=cabin.id)

    renamed = await rooms.rename_room(ada.principal, store, room_id=cabin.id, name="Bridge")
    await rooms.delete_room(ada.principal, store, room_id=cabin.id)

    assert (renamed.name, renamed.version) == ("Bridge", cabin.version + 2)
    with pytest.raises(NotFound):
        await rooms.find_room(ada.principal, store, room_id=cabin.id)
