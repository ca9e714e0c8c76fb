"""Topics for ``app load``: whoever is signed in may publish there, so they are off by default."""

from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window

NAMESPACE = "load"


async def _is_signed_in(who: Principal, _key: str, _action: Action) -> bool:
    return who.is_signed_in


def load_topics() -> TopicNamespace:
    """Returns the namespace; it is declared when REALTIME_LOAD_TOPICS is on."""
    return TopicNamespace(
        NAMESPACE,
        kind=Window(seconds=60),
        authorise=_is_signed_in,
        publishes=True,
        commands_per_second=1_000.0,
    )
