import asyncio

import pytest

from app.database import Database
from app.errors import Forbidden
from app.errors import IdempotencyKeyReused
from app.errors import NotFound
from app.features.chat import members
from app.features.chat import messages
from app.features.chat.messages import Posted
from app.features.chat.schemas import Room
from app.features.chat.topics import room_topic
from app.resources import Resources
from tests.people import Person


async def post(person: Person, store: Database, room: Room, body: str, *, key: str) -> Posted:
    return await messages.post_message(person.principal, store, room_id=room.id, body=body, key=key)


async def bodies(person: Person, store: Database, room: Room) -> list[str]:
    found = await messages.list_messages(person.principal, store, room_id=room.id, limit=50)
    return [message.body for message in found]


async def test_what_one_posts_the_others_read(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    await post(ada, store, harbour, "Ahoy", key="1")

    assert await bodies(grace, store, harbour) == ["Ahoy"]


async def test_posting_twice_with_one_key_stores_and_announces_one_message(
    store: Database, harbour: Room, ada: Person, resources: Resources
) -> None:
    first = await post(ada, store, harbour, "Ahoy", key="same")
    before = await resources.realtime.position(room_topic(harbour.id))

    second = await post(ada, store, harbour, "Ahoy", key="same")

    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert second.message == first.message
    assert await bodies(ada, store, harbour) == ["Ahoy"]
    assert await resources.realtime.position(room_topic(harbour.id)) == before


async def test_posting_at_once_with_one_key_stores_one_message(
    store: Database, harbour: Room, ada: Person
) -> None:
    posted = await asyncio.gather(
        *(post(ada, store, harbour, "Ahoy", key="same") for _ in range(5))
    )

    assert sum(not one.is_repeat for one in posted) == 1
    assert len({one.message.id for one in posted}) == 1


async def test_two_people_may_use_the_same_key(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    await post(ada, store, harbour, "Ahoy", key="same")

    posted = await post(grace, store, harbour, "Ahoy yourself", key="same")

    assert not posted.is_repeat


async def test_a_key_is_good_for_one_message_only(
    store: Database, harbour: Room, cabin: Room, ada: Person
) -> None:
    await post(ada, store, harbour, "Ahoy", key="same")

    with pytest.raises(IdempotencyKeyReused):
        await post(ada, store, harbour, "Something else", key="same")
    with pytest.raises(IdempotencyKeyReused):
        await post(ada, store, cabin, "Ahoy", key="same")


async def test_a_repeat_after_an_edit_returns_the_message_as_it_is_now(
    store: Database, harbour: Room, ada: Person
) -> None:
    first = await post(ada, store, harbour, "Ahoy", key="same")
    await messages.edit_message(
        ada.principal, store, room_id=harbour.id, message_id=first.message.id, body="Hello"
    )

    repeat = await post(ada, store, harbour, "Ahoy", key="same")

    assert repeat.message.body == "Hello"


async def test_pages_lead_through_all_messages_in_both_directions(
    store: Database, harbour: Room, ada: Person
) -> None:
    ids = [
        (await post(ada, store, harbour, f"{number}", key=f"{number}")).message.id
        for number in range(5)
    ]

    newest = await messages.list_messages(ada.principal, store, room_id=harbour.id, limit=2)
    before = await messages.list_messages(
        ada.principal, store, room_id=harbour.id, before_id=ids[3], limit=2
    )
    after = await messages.list_messages(
        ada.principal, store, room_id=harbour.id, after_id=ids[0], limit=2
    )

    assert [one.id for one in newest] == [ids[4], ids[3]]
    assert [one.id for one in before] == [ids[2], ids[1]]
    assert [one.id for one in after] == [ids[1], ids[2]]


async def test_an_edit_raises_the_version_and_says_when(
    store: Database, harbour: Room, ada: Person
) -> None:
    posted = (await post(ada, store, harbour, "Ahoi", key="1")).message

    edited = await messages.edit_message(
        ada.principal, store, room_id=harbour.id, message_id=posted.id, body="Ahoy"
    )

    assert (edited.body, edited.version) == ("Ahoy", 2)
    assert edited.edited_at is not None


async def test_nobody_edits_the_words_of_another(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    posted = (await post(grace, store, harbour, "Mine", key="1")).message

    with pytest.raises(Forbidden):
        await messages.edit_message(
            ada.principal, store, room_id=harbour.id, message_id=posted.id, body="Changed"
        )


async def test_a_deleted_message_keeps_its_place_and_loses_its_text(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    posted = (await post(grace, store, harbour, "Regretted", key="1")).message

    await messages.delete_message(ada.principal, store, room_id=harbour.id, message_id=posted.id)

    (left,) = await messages.list_messages(grace.principal, store, room_id=harbour.id, limit=1)
    assert (left.id, left.body) == (posted.id, "")
    assert left.deleted_at is not None


async def test_a_plain_member_deletes_only_their_own_messages(
    store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    posted = (await post(ada, store, harbour, "Mine", key="1")).message

    with pytest.raises(Forbidden):
        await messages.delete_message(
            grace.principal, store, room_id=harbour.id, message_id=posted.id
        )


async def test_a_message_is_found_in_its_own_room_only(
    store: Database, harbour: Room, cabin: Room, ada: Person
) -> None:
    posted = (await post(ada, store, cabin, "In the cabin", key="1")).message

    with pytest.raises(NotFound):
        await messages.edit_message(
            ada.principal, store, room_id=harbour.id, message_id=posted.id, body="Elsewhere"
        )


async def test_somebody_removed_may_no_longer_post(
    store: Database, harbour: Room, ada: Person, grace: Person, resources: Resources
) -> None:
    await post(grace, store, harbour, "Still here", key="1")
    await members.remove_member(
        ada.principal,
        store,
        room_id=harbour.id,
        user_id=grace.user.id,
        end_subscription=resources.realtime.end_subscription,
    )

    with pytest.raises(Forbidden):
        await post(grace, store, harbour, "Gone", key="2")
