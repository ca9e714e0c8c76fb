"""Chat lets go of a person, and hands out what it holds of them."""

from quart import Quart
from sqlalchemy import select

from app.database import Database
from app.features.chat.personal_data import erase
from app.features.chat.personal_data import exported
from app.features.chat.tables import MembershipRow
from app.features.chat.tables import MessageRow
from app.features.chat.tables import RoomRow
from tests.people import Person


async def rooms_of(database: Database, person: Person) -> dict[str, str]:
    async with database.reading() as session:
        found = await session.execute(
            select(RoomRow.name, MembershipRow.role)
            .join(RoomRow, RoomRow.id == MembershipRow.room_id)
            .where(MembershipRow.user_id == person.user.id)
        )
        return {row.name: row.role for row in found}


async def test_a_room_gets_another_owner_and_one_without_people_goes(
    app: Quart, ada: Person, grace: Person, database: Database
) -> None:
    shared, own = [
        (await (await ada.client.post("/api/v1/chat/rooms", json={"name": name})).get_json())["id"]
        for name in ("Shared", "Own")
    ]
    assert (await grace.client.put(f"/api/v1/chat/rooms/{shared}/membership")).status_code < 300
    await ada.client.post(
        f"/api/v1/chat/rooms/{shared}/messages",
        json={"body": "I was here"},
        headers={"Idempotency-Key": "one"},
    )
    async with database.transaction() as work:
        await erase(work, ada.user.id)

    async with database.reading() as session:
        rooms = list(await session.scalars(select(RoomRow.name)))
        said = list(await session.scalars(select(MessageRow.body)))
    assert own
    assert await rooms_of(database, ada) == {}
    assert rooms == ["Shared"]
    assert said == ["I was here"]
    assert await rooms_of(database, grace) == {"Shared": "owner"}


async def test_a_copy_tells_of_rooms_and_of_what_was_said(
    app: Quart, ada: Person, grace: Person, database: Database
) -> None:
    made = await ada.client.post("/api/v1/chat/rooms", json={"name": "Shared"})
    room = (await made.get_json())["id"]
    await ada.client.post(
        f"/api/v1/chat/rooms/{room}/messages",
        json={"body": "I was here"},
        headers={"Idempotency-Key": "one"},
    )

    async with database.reading() as session:
        hers, others = [await exported(session, one.user.id) for one in (ada, grace)]

    assert isinstance(hers, dict)
    assert "I was here" in str(hers["messages"])
    assert others == {"rooms": [], "messages": []}
