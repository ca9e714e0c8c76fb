"""This process's interest in topics: one confirmed subscription each, however many ask at once."""

import asyncio
from collections.abc import Callable

from app.realtime.backplane import Backplane
from app.realtime.supervise import Supervisor


class Interest:
    """Subscribes on behalf of all listeners of a topic.

    The subscription is made by a task of its own, so that a client that goes away while waiting
    does not take it from the others. ``is_wanted`` tells whether a topic still has listeners.
    """

    def __init__(
        self, backplane: Backplane, supervisor: Supervisor, *, is_wanted: Callable[[str], bool]
    ) -> None:
        self._backplane = backplane
        self._supervisor = supervisor
        self._is_wanted = is_wanted
        self._confirmed: set[str] = set()
        self._asking: dict[str, asyncio.Future[None]] = {}

    async def confirm(self, topic: str) -> None:
        """Returns once announcements of ``topic`` reach this process.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        if topic in self._confirmed:
            return
        asking = self._asking.get(topic)
        if asking is None:
            asking = self._asking[topic] = asyncio.get_running_loop().create_future()
            # Nobody may be left to look at a failure.
            asking.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._supervisor.start(f"subscribe {topic}", self._ask(topic, asking))
        await asyncio.shield(asking)

    def end(self, topic: str) -> None:
        """Ends the interest in a topic that nobody here listens to any more."""
        if topic in self._confirmed:
            self._confirmed.discard(topic)
            self._backplane.unsubscribe(topic)

    async def _ask(self, topic: str, asking: asyncio.Future[None]) -> None:
        try:
            await self._backplane.subscribe(topic)
        except Exception as failure:
            asking.set_exception(failure)
            self._backplane.unsubscribe(topic)
        else:
            self._confirmed.add(topic)
            asking.set_result(None)
            if not self._is_wanted(topic):
                self.end(topic)
        finally:
            del self._asking[topic]
            asking.cancel()
