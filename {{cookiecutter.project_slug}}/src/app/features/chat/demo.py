"""Something to look at in ``app dev``: two rooms in which the demo people have talked."""

from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.identity.tables import UserRow
from app.principal import Principal
from app.principal import UserId

from .joining import join_room
from .members import invite
from .messages import post_message
from .rooms import create_room
from .tables import RoomRow

ADA = "ada@example.com"
GRACE = "grace@example.com"

HARBOUR = (
    (ADA, "Good morning, harbour!"),
    (GRACE, "Morning, Ada. The fog is lifting out here."),
    (ADA, "Lovely. I can see the lighthouse from my desk now."),
    (GRACE, "Did the overnight run finish?"),
    (ADA, "It did, at four. 1,842,311 events, and not one of them twice."),
    (GRACE, "Not one?"),
    (ADA, "Not one. I counted them, and then I let the engine count them."),
    (GRACE, "I pulled the plug on a server while it ran, just to see."),
    (ADA, "So that was you! Everyone reconnected before I had finished my sentence."),
    (GRACE, "How it works is in https://example.com/docs if you want a good read with your tea."),
    (ADA, "Bookmarked. Open this room in a second window and say hello?"),
    (GRACE, "On my way. Typing, as you can see."),
)
ENGINE_ROOM = (
    (ADA, "Just the two of us in here: only members know that this room exists."),
    (GRACE, "Good place for surprises, then."),
)


async def add_rooms(database: Database) -> None:
    """Opens the rooms, when the demo people are there and no room is."""
    people = await _people(database)
    if people is None:
        return
    ada, grace = people[ADA], people[GRACE]
    harbour = await create_room(ada, database, name="Harbour", is_private=False)
    await join_room(grace, database, room_id=harbour.id)
    engine_room = await create_room(ada, database, name="Engine room", is_private=True)
    await invite(ada, database, room_id=engine_room.id, email=GRACE)
    for room, lines in ((engine_room, ENGINE_ROOM), (harbour, HARBOUR)):
        for number, (author, body) in enumerate(lines):
            key = f"demo-{room.id}-{number}"
            await post_message(people[author], database, room_id=room.id, body=body, key=key)


async def _people(database: Database) -> dict[str, Principal] | None:
    async with database.reading() as session:
        rooms = await session.scalar(select(func.count()).select_from(RoomRow))
        asked = select(UserRow).where(func.lower(UserRow.email).in_((ADA, GRACE)))
        found = {
            row.email: Principal(kind="user", user_id=UserId(row.id), name=row.name)
            for row in await session.scalars(asked)
        }
    return found if rooms == 0 and len(found) == 2 else None
