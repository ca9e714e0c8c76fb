"""A whole device in one class: it measures, does what it is told, and becomes what is desired.

A device needs no more than its address and its token, and may be cut off at any moment: what was
told meanwhile it asks for when it is back, and a batch without an answer it sends again, with the
same numbers.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from app.features.devices.shadow.replica import Replica
from app.realtime.client import Credentials
from app.realtime.client import Listener
from app.realtime.client import RealtimeClient
from app.realtime.client import RealtimeError
from app.realtime.client import Refused
from app.realtime.client import Status
from app.realtime.client import Stopped

from .rows import temperature

METRIC = "temperature"
INTERVAL_SECONDS = 5.0
INTERVAL_MAX_SECONDS = 60.0
PAUSE_SECONDS = 1.0
AWAY_SECONDS = 15.0  # longer than a socket lingers, so that its owner sees it go and come

log = structlog.get_logger()


class Thermometer:
    """It knows the commands ``measure`` and ``restart``, and heeds ``interval_seconds``."""

    def __init__(self, url: str, device_id: UUID, token: str, *, degrees: float) -> None:
        self._degrees = degrees
        self._id = device_id
        self._client = RealtimeClient(
            url,
            credentials=Credentials(bearer=token),
            client="thermometer/1",
            on_status=self._followed,
        )
        orders = Listener(on_message=lambda _message: self._owe())
        self._client.subscribe(f"orders:{device_id}", orders, presence=True)
        self._replica = Replica()
        # By id: a command is given again until its answer has arrived, and is obeyed once.
        self._answers: dict[str, dict[str, Any]] = {}
        self._owes = asyncio.Event()
        self._batch: dict[str, Any] | None = None
        self._is_restarting = False

    async def live(self) -> None:
        """Lives until it is cancelled, or until its token is void."""
        while True:
            async with self._client:
                try:
                    await self._be_there()
                except Stopped as end:
                    log.info("devices_demo_stopped", device_id=str(self._id), code=end.code)
                    return
            await asyncio.sleep(AWAY_SECONDS)

    async def _be_there(self) -> None:
        self._is_restarting = False
        while not self._is_restarting:
            try:
                if self._owes.is_set():
                    self._owes.clear()
                    await self._catch_up()
                await self._send()
                await self._rest()
            except Stopped:
                raise
            except RealtimeError as failure:
                if isinstance(failure, Refused) and not failure.retry:
                    self._batch = None  # it is wrong for ever
                self._owe()
                await asyncio.sleep(PAUSE_SECONDS)

    def _followed(self, status: Status) -> None:
        if status.state == "live":  # for the first time, or again
            self._owe()

    def _owe(self) -> None:
        self._owes.set()

    async def _rest(self) -> None:
        seconds = self._replica.reported.get("interval_seconds")
        if not isinstance(seconds, int | float) or not 1 <= seconds <= INTERVAL_MAX_SECONDS:
            seconds = INTERVAL_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self._owes.wait()
        except TimeoutError:
            return

    async def _catch_up(self) -> None:
        wish = await self._client.call("devices.read_state", {})
        self._replica.greet(reported_version=wish["reported_version"])
        self._replica.take(wish["desired"], wish["desired_version"])
        if self._replica.delta or not self._replica.reported:
            self._replica.become(self._replica.delta)
            report = {"version": self._replica.reported_version, "state": self._replica.reported}
            await self._client.call("devices.report_state", report)
        waiting = await self._client.call("devices.fetch_commands", {})
        for command in waiting["commands"]:
            if command["id"] not in self._answers:
                self._answers[command["id"]] = self._done(command)
            answer = {"id": command["id"], **self._answers[command["id"]]}
            await self._client.call("devices.answer_command", answer)
            del self._answers[command["id"]]  # it is not given again

    def _done(self, command: Mapping[str, Any]) -> dict[str, Any]:
        match command["name"]:
            case "measure":
                return {
                    "outcome": "acknowledged",
                    "result": {METRIC: temperature(self._degrees, datetime.now(UTC))},
                }
            case "restart":
                self._is_restarting = True
                return {"outcome": "acknowledged"}
            case other:
                reason = f"a thermometer knows measure and restart, not {other}"
                return {"outcome": "failed", "result": {"reason": reason}}

    async def _send(self) -> None:
        if self._batch is None:
            told = await self._client.call("readings.last")
            at = datetime.now(UTC)
            reading = {"metric": METRIC, "value": temperature(self._degrees, at)}
            reading["at_ms"] = int(at.timestamp() * 1_000)
            self._batch = {"first": told["last"] + 1, "readings": [reading]}
        await self._client.call("readings.put", self._batch)
        self._batch = None
