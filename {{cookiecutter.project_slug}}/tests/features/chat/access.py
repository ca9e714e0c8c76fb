"""What the access matrix is to know of chat: a private room with a message in it."""

from itertools import count

from quart import Quart

from app.features.chat import members
from app.features.chat import messages
from app.features.chat import rooms
from app.resources import resources_of
from tests.access.scene import Scene
from tests.people import Person
from tests.people import join

OPEN: dict[str, str] = {}
CANARY = "Meet me at the old lighthouse"

_numbers = count(1)


async def scene(app: Quart, owner: Person, guest: Person) -> Scene:
    """Returns a private room with the guest in it, and a second owner, so that one may leave."""
    resources = resources_of(app)
    store, who = resources.database, owner.principal
    room = await rooms.create_room(who, store, name=CANARY, is_private=True)
    await members.invite(who, store, room_id=room.id, email=guest.user.email)
    partner = await join(app, f"Partner{next(_numbers)}")
    await members.invite(who, store, room_id=room.id, email=partner.user.email)
    await members.change_role(
        who, store, room_id=room.id, user_id=partner.principal.own_id, role="owner"
    )
    posted = await messages.post_message(
        who, store, room_id=room.id, body=CANARY, key=f"scene {room.id}"
    )
    invited = await join(app, f"Invited{next(_numbers)}")

    async def put_guest_out() -> None:
        await members.remove_member(
            who,
            store,
            room_id=room.id,
            user_id=guest.principal.own_id,
            end_subscription=resources.realtime.end_subscription,
        )

    return Scene(
        ids={"room_id": room.id, "message_id": posted.message.id, "user_id": guest.user.id},
        bodies={
            "chat.create_room": {"name": "Harbour", "is_private": True},
            "chat.rename_room": {"name": "Renamed"},
            "chat.invite": {"email": invited.user.email},
            "chat.change_role": {"role": "moderator"},
            "chat_messages.post_message": {"body": "Ahoy"},
            "chat_messages.edit_message": {"body": "Changed"},
            "chat_messages.mark_read": {"message_id": posted.message.id},
        },
        topics={"chat": str(room.id), "inbox": str(who.own_id)},
        revoke={"chat": put_guest_out},
        canary=CANARY,
    )
