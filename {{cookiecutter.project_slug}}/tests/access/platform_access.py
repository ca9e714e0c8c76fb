"""What the platform itself has that takes an id."""

from quart import Quart

from app.mail import Message
from app.resources import resources_of
from tests.access.scene import Scene
from tests.people import Person

MAILBOX = "the mailbox is there in development and in tests alone"
OPEN = {
    "GET /dev/mail/<letter_id>": MAILBOX,
    "GET /dev/mail/<letter_id>/html": MAILBOX,
    "GET /problems/<slug>": "what a kind of problem means is no secret",
}


async def scene(app: Quart, owner: Person, guest: Person) -> Scene:
    """Returns a letter and the ids there are."""
    outbox = resources_of(app).mail.outbox
    assert outbox is not None
    await outbox.send(Message(to=owner.user.email, subject="Hello", text="Hello", html="<p>Hello"))
    return Scene(ids={"slug": "not-found", "letter_id": outbox.kept()[0].id})
