"""Reading a topic's log, with a note of how often the topic had been suspected before."""

from app.realtime.backplane import Backplane
from app.realtime.hub.topic_log import Reading
from app.realtime.hub.topic_state import TopicState

ABOVE_EVERY_OFFSET = 2**53 - 1


async def read_log(
    backplane: Backplane, topic: TopicState, *, after: int, limit: int
) -> Reading | None:
    """Returns what the log has after an offset, None for a topic that keeps none.

    Raises:
        BackplaneUnavailable: the server is away.
    """
    window = topic.namespace.window
    if topic.log is None or window is None:
        return None
    suspicions = topic.log.suspicions
    history = await backplane.history(topic.name, window=window, after=after, limit=limit)
    return Reading(history, suspicions)
