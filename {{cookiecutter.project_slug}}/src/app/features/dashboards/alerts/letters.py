"""The letter about an event: once, while its owner may still be written to."""

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy import update

from app.features.dashboards.alerts.store import LETTERS_PER_HOUR
from app.features.dashboards.alerts.tables import EventRow
from app.features.dashboards.alerts.words import in_words
from app.features.dashboards.figures.catalogue import BY_NAME
from app.features.dashboards.figures.written import written
from app.identity.tables import UserRow
from app.resources import Resources

PATH = "/dashboards/alerts"
LETTER = "dashboards/letters/alert"


async def send(resources: Resources, payload: dict[str, JsonValue]) -> None:
    """Sends the letter of an event; a job runs it, perhaps more than once.

    It notes that it was sent after it was: a worker that dies in between sends it twice, the other
    way round it might never be sent.
    """
    event_id = payload["event_id"]
    asked = (
        select(EventRow, UserRow.email, UserRow.name)
        .join(UserRow, UserRow.id == EventRow.owner_id)
        .where(EventRow.id == event_id, EventRow.letter == "due", UserRow.disabled_at.is_(None))
    )
    async with resources.database.reading() as session:
        found = (await session.execute(asked)).one_or_none()
    if found is None:
        return  # it was sent, or there is nobody to send it to any more
    event, email, name = found
    message = resources.mail.letters.write(
        LETTER,
        to=email,
        name=name,
        rule=event.name,
        what="was raised" if event.kind == "raised" else "has cleared",
        condition=in_words(event.figure, event.side, event.threshold),
        value=_value(event),
        when=f"{event.at:%d %B %Y, %H:%M:%S} UTC",
        url=f"{resources.settings.public_url}{PATH}",
        most=str(LETTERS_PER_HOUR),
    )
    await resources.mail.send(message)
    sent = update(EventRow).where(EventRow.id == event_id, EventRow.letter == "due")
    async with resources.database.transaction() as work:
        await work.session.execute(sent.values(letter="sent"))


def _value(event: EventRow) -> str:
    figure = BY_NAME.get(event.figure)
    if event.value is None or figure is None:
        return "unknown"
    return written(event.value, figure.unit)
