"""The topics of the figures, one message a second each.

``figures:service`` carries what everybody who is signed in may see, summed over the processes, and
``figures:operators`` the rest; ``figures:process.<name>`` carries all figures of one process. So a
page needs two subscriptions at most, or one more for a single process.

    {"at": 1767225600, "figures": {"requests.rate": 12.0, "latency.p50": 0.004}}
"""

from collections.abc import Mapping

import msgspec

from app.features.dashboards.figures.catalogue import BY_NAME
from app.features.dashboards.figures.catalogue import Audience
from app.features.dashboards.figures.policy import may_operate
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace

SERVICE_TOPIC = "figures:service"
OPERATORS_TOPIC = "figures:operators"
TOPIC_OF: dict[Audience, str] = {"everyone": SERVICE_TOPIC, "operators": OPERATORS_TOPIC}
# A newcomer is given the newest value; after so long it says nothing about now any more.
VALUE_SECONDS = 60


def process_topic(name: str) -> str:
    """Returns the topic of one process."""
    return f"figures:process.{name}"


def topics_for(who: Principal) -> list[str]:
    """Returns the topics with everything summed that the caller may see."""
    return [SERVICE_TOPIC, OPERATORS_TOPIC] if may_operate(who) else [SERVICE_TOPIC]


def encoded(at: int, figures: Mapping[str, float]) -> bytes:
    """Returns a message; ``at`` is in seconds since 1970."""
    return msgspec.json.encode({"at": at, "figures": figures})


def for_audience(figures: Mapping[str, float], audience: Audience) -> dict[str, float]:
    """Returns the figures of one audience."""
    return {name: value for name, value in figures.items() if BY_NAME[name].audience == audience}


def figures_namespace() -> TopicNamespace:
    """Returns what holds for the topics: nobody may publish, and the newest value is enough."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        if action not in {"subscribe", "history"}:
            return False
        if key == "service":
            return who.is_signed_in
        return may_operate(who) and (key == "operators" or key.startswith("process."))

    return TopicNamespace(
        "figures", kind=Latest(seconds=VALUE_SECONDS), authorise=authorise, scope="dashboards:read"
    )
