"""Letters that the service has sent in a test."""

import json
import re

from quart import Quart
from sqlalchemy import text

from app.mail import Message
from app.resources import resources_of

LINK = re.compile(r"^http\S+\?token=(\S+)$", re.MULTILINE)
TAKE = text("DELETE FROM pgqueuer WHERE entrypoint LIKE :tasks RETURNING id, entrypoint, payload")


def letters_to(app: Quart, email: str) -> list[Message]:
    """Returns the letters to an address that have been sent so far, the oldest first."""
    outbox = resources_of(app).mail.outbox
    assert outbox is not None
    sent = [kept.message for kept in outbox.kept() if kept.message.to == email]
    return sent[::-1]


async def send_all(app: Quart) -> None:
    """Runs the jobs of accounts that wait, as a worker would, without the start of one."""
    resources = resources_of(app)
    async with resources.database.reading() as session:
        rows = (await session.execute(TAKE, {"tasks": "accounts.%"})).all()
    for row in sorted(rows):
        await resources.jobs.tasks[row.entrypoint](json.loads(row.payload))


async def next_letter(app: Quart, email: str, *, after: int = 0) -> Message:
    """Returns the first letter to an address behind ``after`` others, once it is sent."""
    await send_all(app)
    letters = letters_to(app, email)
    assert len(letters) > after, f"{email} has {len(letters)} letters"
    return letters[after]


def token_in(letter: Message) -> str:
    """Returns the token of the link in a letter."""
    found = LINK.search(letter.text)
    assert found, letter.text
    return found[1]
