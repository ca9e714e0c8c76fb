"""The Python client plays every scenario, and one without a memory fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from app.realtime.client import Credentials
from app.realtime.client import DeadlinePassed
from app.realtime.client import Listener
from app.realtime.client import Message
from app.realtime.client import Position
from app.realtime.client import Presence
from app.realtime.client import RealtimeClient
from app.realtime.client import Refused
from app.realtime.client import Status
from app.realtime.client import Topic
from app.realtime.client import TopicStatus
from tests.realtime.client.scenarios import SCENARIOS
from tests.realtime.client.scenarios import TOPIC
from tests.realtime.client.scenarios import Scenario
from tests.realtime.client.scenarios import Told
from tests.realtime.client.scripted_server import Stage
from tests.realtime.client.scripted_server import stage

MINE = [one for one in SCENARIOS if one.only in {"", "python"}]


class App:
    """An app on the Python client."""

    def __init__(
        self,
        port: int,
        scenario: Scenario,
        kind: type[RealtimeClient],
        credentials: Credentials | None = None,
    ) -> None:
        self.log: list[Told] = []
        self.drawn = self.tickets = 0
        self.live = kind(
            f"http://127.0.0.1:{port}",
            credentials=credentials or Credentials(ticket=self._ticket),
            chance=self._chance,
            on_status=self._note_status,
        )
        listener = Listener(
            on_message=self._note_message,
            on_gap=lambda gap: self.log.append(
                ["gap", gap.reason, gap.position.epoch, gap.position.offset]
            ),
            on_signal=lambda signal: self.log.append(["signal", signal.data]),
            on_presence=self._note_presence,
            on_status=self._note_topic,
        )
        since = Position(**scenario.since) if scenario.since else None
        self.live.subscribe(TOPIC, listener, since=since, presence=scenario.presence)
        self.tasks: list[Any] = []

    async def act(self, action: str, *values: Any) -> None:
        match action:
            case "open":
                self.live.open()
            case "unsubscribe":
                self.live.unsubscribe(TOPIC)
            case "signal":
                self.live.signal(TOPIC, values[0], key=values[1])
            case _:
                self.tasks.append(asyncio.create_task(self._ask(action, *values)))

    async def told(self) -> list[Told]:
        return self.log

    async def draws(self) -> int:
        return self.drawn

    async def _ask(self, action: str, *values: Any) -> None:
        try:
            match action:
                case "publish":
                    published = await self.live.publish(TOPIC, values[0], key=values[1])
                    self.log.append(["result", msgspec.to_builtins(published)])
                case "call":
                    seconds = values[2] / 1000 if len(values) > 2 else 5.0
                    await self.live.call(values[0], values[1], seconds=seconds)
                case "history":
                    past = await self.live.history(
                        TOPIC, since=Position(**values[0]), limit=values[1]
                    )
                    self.log.append(["history", [one.offset for one in past.messages], past.more])
        except Refused as refusal:
            self.log.append(["failed", refusal.code])
        except DeadlinePassed:
            self.log.append(["failed", "deadline"])

    def _chance(self) -> float:
        self.drawn += 1
        return 0.0

    async def _ticket(self) -> str:
        self.tickets += 1
        return f"ticket-{self.tickets}"

    def _note_status(self, status: Status) -> None:
        code = [status.code] if status.state == "stopped" and status.code else []
        self.log.append(["state", status.state, *code])

    def _note_message(self, message: Message) -> None:
        self.log.append(["message", message.position.offset, message.data])

    def _note_presence(self, presence: Presence) -> None:
        known = presence.members is not None
        names = [member.user for member in presence.members or ()]
        self.log.append(["here", names if known else presence.count])

    def _note_topic(self, status: TopicStatus) -> None:
        if status.state == "ended":
            self.log.append(["ended", status.code])


@asynccontextmanager
async def playing(
    scenario: Scenario, kind: type[RealtimeClient] = RealtimeClient
) -> AsyncIterator[tuple[Stage, App]]:
    async with stage() as built:
        app = App(built.port, scenario, kind)
        async with app.live:
            yield built, app


@pytest.mark.parametrize("scenario", MINE, ids=lambda scenario: scenario.name)
async def test_the_python_client_keeps_its_promises(scenario: Scenario) -> None:
    async with playing(scenario) as (built, app):
        await built.play(scenario, app)

        assert app.log == scenario.told
        assert scenario.draws in {None, app.drawn}


class ForgetfulTopic(Topic):
    """Hands on whatever comes: nothing is remembered but the position."""

    def deliver(self, offset: int | None, data: Any) -> None:
        if offset is not None and self.position is not None:
            self.position = Position(self.position.epoch, offset - 1)
        super().deliver(offset, data)


class ForgetfulClient(RealtimeClient):
    topic_type = ForgetfulTopic


async def test_a_client_that_does_not_remember_fails() -> None:
    scenario = next(one for one in MINE if one.name.startswith("an offset is handed on once"))
    async with playing(scenario, ForgetfulClient) as (built, app):
        await built.play(scenario, app)

        assert [told[1] for told in app.log if told[0] == "message"] == [2, 3, 3, 4, 4, 2, 5, 4]
        assert app.log != scenario.told
