"""An application on our Python client that keeps the history of one topic."""

import random

from app.realtime.backplane import Position
from app.realtime.client import Credentials
from app.realtime.client import Gap
from app.realtime.client import Listener
from app.realtime.client import Message
from app.realtime.client import RealtimeClient
from app.realtime.client import Status
from app.realtime.client import TopicStatus
from tests.realtime.faults.history import Began
from tests.realtime.faults.history import Handed
from tests.realtime.faults.history import History
from tests.realtime.faults.history import Told
from tests.realtime.faults.nodes import ORIGIN

# A tenth of the usual pauses: on a loaded machine they would outgrow what can be recovered.
HURRY = 0.1


class Application:
    """Follows one topic through one address; to a test it is a `Follower` like any other."""

    def __init__(self, name: str, topic: str, port: int) -> None:
        self.history = History(name)
        self.codes: list[int] = []
        self.greetings = 0
        self._client = RealtimeClient(
            f"http://127.0.0.1:{port}",
            credentials=Credentials(cookie=f"session={name}"),
            on_status=self._status,
            chance=lambda: random.uniform(0, HURRY),
            origin=ORIGIN,
        )
        listener = Listener(
            on_message=self._message, on_gap=self._gap, on_status=self._topic_status
        )
        self._topic = self._client.subscribe(topic, listener)

    def start(self) -> None:
        """Begins to follow."""
        self._client.open()

    async def stop(self) -> None:
        """Ends."""
        await self._client.close()

    def _status(self, status: Status) -> None:
        if status.state == "reconnecting" and status.code:
            self.codes.append(status.code)

    def _topic_status(self, status: TopicStatus) -> None:
        if status.state != "live":
            return
        self.greetings += 1
        if not self.history.events:
            self.history.events.append(Began(self._place))

    def _message(self, message: Message) -> None:
        place = Position(message.position.epoch, message.position.offset)
        self.history.events.append(Handed(place, message.data))

    def _gap(self, gap: Gap) -> None:
        place = Position(gap.position.epoch, gap.position.offset)
        self.history.events.append(Told(place, gap.reason))

    @property
    def _place(self) -> Position:
        assert self._topic.position
        return Position(self._topic.position.epoch, self._topic.position.offset)
