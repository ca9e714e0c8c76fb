"""For every route and topic of chat: the member gets in, and then the stranger gets nothing."""

from dataclasses import dataclass
from uuid import uuid4

import pytest
from quart import Quart
from quart.testing import QuartClient

from app.features.chat import messages
from app.features.chat import topics
from app.features.chat.schemas import Room
from app.features.chat.settings import ChatSettings
from app.resources import Resources
from tests.features.chat.conftest import room_url
from tests.people import Person
from tests.people import join

# What a member may do: method, path below the room, body. Destructive ones come last.
MEMBER_CALLS = [
    ("GET", "", None),
    ("GET", "/members", None),
    ("GET", "/messages", None),
    ("POST", "/messages", {"body": "Ahoy"}),
    ("PATCH", "/messages/{message}", {"body": "Changed"}),
    ("PUT", "/read", {"message_id": 1}),
    ("PUT", "/membership", None),
    ("PATCH", "", {"name": "Renamed"}),
    ("POST", "/members", {"email": "{guest}"}),
    ("PATCH", "/members/{member}", {"role": "moderator"}),
    ("DELETE", "/members/{member}", None),
    ("DELETE", "/messages/{message}", None),
    ("DELETE", "/membership", None),
    ("DELETE", "", None),
]
# Of a public room everybody may know that it is there, and joining is for everybody.
OPEN_TO_ALL = {("GET", ""), ("PUT", "/membership")}


@dataclass(frozen=True)
class Scene:
    """A room of Ada's with Grace and a message of Ada's in it."""

    room: Room
    names: dict[str, str]

    async def call(
        self, client: QuartClient, method: str, path: str, body: dict[str, str] | None
    ) -> int:
        """Returns the status that a call gets."""
        url = room_url(self.room.id) + path.format(**self.names)
        if body is not None:
            body = {
                name: value.format(**self.names) if isinstance(value, str) else value
                for name, value in body.items()
            }
        response = await client.open(url, method=method, json=body)
        return response.status_code


@pytest.fixture(params=["cabin", "harbour"])
async def scene(
    request: pytest.FixtureRequest,
    cabin: Room,
    harbour: Room,
    ada: Person,
    grace: Person,
    resources: Resources,
) -> Scene:
    room = cabin if request.param == "cabin" else harbour
    posted = await messages.post_message(
        ada.principal, resources.database, room_id=room.id, body="Ahoy", key="first"
    )
    names = {
        "message": str(posted.message.id),
        "member": str(grace.user.id),
        "guest": "guest@example.com",
    }
    return Scene(room, names)


@pytest.fixture
async def guest(app: Quart) -> Person:
    return await join(app, "Guest")


def test_the_list_of_calls_is_complete(app: Quart) -> None:
    declared = {
        (method, rule.rule.partition("<uuid:room_id>")[2])
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/chat/rooms/<uuid:room_id>")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    tried = {
        (
            method,
            path.replace("{message}", "<int:message_id>").replace("{member}", "<uuid:user_id>"),
        )
        for method, path, _ in MEMBER_CALLS
    }
    assert tried == declared


@pytest.mark.usefixtures("guest")
@pytest.mark.parametrize(("method", "path", "body"), MEMBER_CALLS)
async def test_a_stranger_gets_nothing_that_a_member_gets(
    scene: Scene,
    ada: Person,
    mallory: Person,
    method: str,
    path: str,
    body: dict[str, str] | None,
) -> None:
    known = not scene.room.is_private
    expected = 403 if known else 404

    stranger = await scene.call(mallory.client, method, path, body)
    member = await scene.call(ada.client, method, path, body)

    # The last owner may not leave, which only somebody inside is told.
    assert member in ({409} if (method, path) == ("DELETE", "/membership") else {200, 201, 204})
    assert stranger == (200 if known and (method, path) in OPEN_TO_ALL else expected)


@pytest.mark.parametrize(("method", "path", "body"), MEMBER_CALLS)
async def test_nobody_gets_anything_without_signing_in(
    cabin: Room,
    app: Quart,
    settings_origin: dict[str, str],
    method: str,
    path: str,
    body: dict[str, str] | None,
) -> None:
    url = room_url(cabin.id) + path.format(message=1, member=uuid4())

    response = await app.test_client().open(url, method=method, json=body, headers=settings_origin)

    assert response.status_code == 401


@pytest.fixture
def settings_origin(resources: Resources) -> dict[str, str]:
    return {"Origin": resources.settings.public_url}


async def test_the_page_of_a_private_room_is_not_there_for_strangers(
    cabin: Room, grace: Person, mallory: Person
) -> None:
    assert (await grace.client.get(f"/chat/{cabin.id}")).status_code == 200

    assert (await mallory.client.get(f"/chat/{cabin.id}")).status_code == 404


async def test_strangers_see_no_message_of_a_public_room(
    scene: Scene, harbour: Room, grace: Person, mallory: Person
) -> None:
    member_page = await (await grace.client.get(f"/chat/{scene.room.id}")).get_data(as_text=True)
    assert "Ahoy" in member_page

    page = await (await mallory.client.get(f"/chat/{scene.room.id}")).get_data(as_text=True)

    assert "Ahoy" not in page


@pytest.mark.parametrize("action", ["subscribe", "signal", "presence", "history"])
async def test_the_topic_of_a_room_is_for_its_members(
    scene: Scene, grace: Person, mallory: Person, resources: Resources, action: str
) -> None:
    namespace = topics.rooms_namespace(resources.database, ChatSettings())
    key = str(scene.room.id)
    assert await namespace.authorise(grace.principal, key, action)  # type: ignore[arg-type] # str

    assert not await namespace.authorise(mallory.principal, key, action)  # type: ignore[arg-type]


async def test_a_topic_has_one_spelling_and_nobody_publishes_on_it(
    harbour: Room, grace: Person, resources: Resources
) -> None:
    namespace = topics.rooms_namespace(resources.database, ChatSettings())
    key = str(harbour.id)
    assert await namespace.authorise(grace.principal, key, "subscribe")

    assert not await namespace.authorise(grace.principal, key.upper(), "subscribe")
    assert not await namespace.authorise(grace.principal, "nonsense", "subscribe")
    assert not await namespace.authorise(grace.principal, key, "publish")


async def test_an_inbox_is_for_its_owner(grace: Person, mallory: Person) -> None:
    namespace = topics.inbox_namespace(ChatSettings())
    key = str(grace.user.id)
    assert await namespace.authorise(grace.principal, key, "subscribe")

    assert not await namespace.authorise(mallory.principal, key, "subscribe")
