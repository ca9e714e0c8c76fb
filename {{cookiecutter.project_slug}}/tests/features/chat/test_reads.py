import pytest
from sqlalchemy import insert

from app.database import Database
from app.features.chat import joining
from app.features.chat import messages
from app.features.chat import reads
from app.features.chat import rooms
from app.features.chat.schemas import UNREAD_MAX
from app.features.chat.schemas import Message
from app.features.chat.schemas import Room
from app.features.chat.schemas import RoomSummary
from app.features.chat.tables import MessageRow
from tests.people import Person


async def post(person: Person, store: Database, room: Room, *, key: str) -> Message:
    posted = await messages.post_message(
        person.principal, store, room_id=room.id, body=f"Message {key}", key=key
    )
    return posted.message


async def summary(person: Person, store: Database, room: Room) -> RoomSummary:
    listed = await rooms.list_rooms(person.principal, store)
    return next(one for one in listed.mine if one.id == room.id)


async def test_what_others_post_is_unread_until_it_is_marked(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    first = await post(ada, store, harbour, key="1")
    await post(ada, store, harbour, key="2")
    assert (await summary(grace, store, harbour)).unread == 2

    await reads.mark_read(grace.principal, store, room_id=harbour.id, message_id=first.id)

    assert (await summary(grace, store, harbour)).unread == 1
    assert (await summary(ada, store, harbour)).unread == 0


async def test_a_mark_never_goes_back(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    first = await post(ada, store, harbour, key="1")
    second = await post(ada, store, harbour, key="2")
    await reads.mark_read(grace.principal, store, room_id=harbour.id, message_id=second.id)

    await reads.mark_read(grace.principal, store, room_id=harbour.id, message_id=first.id)

    assert (await summary(grace, store, harbour)).last_read_message_id == second.id


async def test_a_mark_beyond_the_newest_message_leaves_later_ones_unread(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    await post(ada, store, harbour, key="1")
    await reads.mark_read(grace.principal, store, room_id=harbour.id, message_id=2**62)

    await post(ada, store, harbour, key="2")

    assert (await summary(grace, store, harbour)).unread == 1


async def test_who_answers_has_read_what_they_answer(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    await post(ada, store, harbour, key="1")

    await post(grace, store, harbour, key="1")

    assert (await summary(grace, store, harbour)).unread == 0


async def test_what_was_said_before_one_came_is_not_unread(
    store: Database, harbour: Room, ada: Person, mallory: Person
) -> None:
    await post(ada, store, harbour, key="1")

    await joining.join_room(mallory.principal, store, room_id=harbour.id)

    assert (await summary(mallory, store, harbour)).unread == 0


async def test_a_deleted_message_is_no_longer_unread(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    posted = await post(ada, store, harbour, key="1")
    assert (await summary(grace, store, harbour)).unread == 1

    await messages.delete_message(ada.principal, store, room_id=harbour.id, message_id=posted.id)

    assert (await summary(grace, store, harbour)).unread == 0


async def test_the_count_ends_where_nobody_cares_any_more(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    rows = [
        {
            "room_id": harbour.id,
            "author_id": ada.user.id,
            "body": "Ahoy",
            "idempotency_key": f"{number}",
        }
        for number in range(UNREAD_MAX + 2)
    ]
    async with store.transaction() as work:
        await work.session.execute(insert(MessageRow), rows)

    assert (await summary(grace, store, harbour)).unread == UNREAD_MAX


async def test_the_room_that_was_written_to_last_comes_first(
    store: Database, harbour: Room, cabin: Room, ada: Person
) -> None:
    await post(ada, store, cabin, key="1")
    await post(ada, store, harbour, key="2")

    listed = await rooms.list_rooms(ada.principal, store)

    assert [one.id for one in listed.mine] == [harbour.id, cabin.id]


@pytest.mark.usefixtures("cabin")
async def test_a_stranger_is_offered_public_rooms_only(
    store: Database, harbour: Room, mallory: Person
) -> None:
    listed = await rooms.list_rooms(mallory.principal, store)

    assert listed.mine == []
    assert [(one.id, one.member_count) for one in listed.open] == [(harbour.id, 2)]
