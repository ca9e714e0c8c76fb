"""The topic on which a person hears of their alerts: ``alerts:<user id>``."""

from app.features.dashboards.alerts.schemas import EventShape
from app.principal import Principal
from app.principal import UserId
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window

WINDOW_MESSAGES = 100
WINDOW_SECONDS = 300


def alerts_topic(user_id: UserId) -> str:
    """Returns the topic of a person."""
    return f"alerts:{user_id}"


def encoded(event: EventShape) -> bytes:
    """Returns the message about an event: ``alert_raised`` or ``alert_cleared``, and the event.

    Of two about one rule the higher ``turn`` holds.
    """
    inside = event.model_dump_json().removeprefix("{")
    return f'{{"type":"alert_{event.kind}","version":{event.turn},{inside}'.encode()


def alerts_namespace() -> TopicNamespace:
    """Returns what holds for these topics: nobody but the person."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        return who.is_signed_in and key == str(who.user_id) and action != "publish"

    return TopicNamespace(
        "alerts",
        kind=Window(messages=WINDOW_MESSAGES, seconds=WINDOW_SECONDS),
        authorise=authorise,
        scope="dashboards:read",
    )
