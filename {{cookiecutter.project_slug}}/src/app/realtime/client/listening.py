"""The part of a client that an app listens with."""

from typing import ClassVar

from app.realtime.client.fallback import Fallback
from app.realtime.client.frames import Position
from app.realtime.client.listener import Listener
from app.realtime.client.subscriptions import Subscriptions
from app.realtime.client.topic import Topic


class Listening:
    """Topics, by name; a stream of events is opened anew for every change of them."""

    topic_type: ClassVar[type[Topic]] = Topic
    _subscriptions: Subscriptions
    _fallback: Fallback

    def subscribe(
        self,
        topic: str,
        listener: Listener,
        *,
        since: Position | None = None,
        presence: bool = False,
    ) -> Topic:
        """Listens to a topic, after ``since`` or from now on; a second call replaces the first.

        With ``presence`` this client counts as being there, and is told who else is.
        """
        added = self.topic_type(topic, listener, since=since, presence=presence)
        self._subscriptions.add(added)
        self._fallback.reopen()
        return added

    def unsubscribe(self, topic: str) -> None:
        """Listens no more."""
        self._subscriptions.remove(topic)
        self._fallback.reopen()
