"""Rooms for the tests of chat: one that Ada owns and Grace is in, public or private."""

from uuid import UUID

import pytest
from quart import Quart

from app.database import Database
from app.features.chat import members
from app.features.chat import rooms
from app.features.chat.schemas import Room
from app.resources import Resources
from app.resources import resources_of
from tests.people import Person


@pytest.fixture
def store(app: Quart) -> Database:
    """Returns the application's own database, which publishes what services announce."""
    return resources_of(app).database


@pytest.fixture
async def harbour(store: Database, ada: Person, grace: Person) -> Room:
    """Returns a public room of Ada's with Grace in it."""
    return await room_of(store, ada, grace, is_private=False)


@pytest.fixture
async def cabin(store: Database, ada: Person, grace: Person) -> Room:
    """Returns a private room of Ada's with Grace in it."""
    return await room_of(store, ada, grace, is_private=True)


async def room_of(store: Database, owner: Person, guest: Person, *, is_private: bool) -> Room:
    """Returns a new room with an owner and one plain member."""
    name = "Cabin" if is_private else "Harbour"
    room = await rooms.create_room(owner.principal, store, name=name, is_private=is_private)
    await members.invite(owner.principal, store, room_id=room.id, email=guest.user.email)
    return room


def room_url(room_id: UUID) -> str:
    """Returns the address of a room in the API."""
    return f"/api/v1/chat/rooms/{room_id}"


@pytest.fixture
def resources(app: Quart) -> Resources:
    """Returns the long-lived things of the application."""
    return resources_of(app)
