"""The long-lived things of one process, opened once and closed once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import cast

from prometheus_client import CollectorRegistry
from quart import Quart
from quart import current_app

from app.background import Background
from app.database import Database
from app.database import OutboxRelay
from app.deployment import PLATFORM
from app.deployment import Checks
from app.identity import Identity
from app.jobs import Jobs
from app.mail import Mail
from app.realtime import Realtime
from app.settings import Settings
from app.web.health import Health
from app.web.navigation import Navigation

EXTENSION = "resources"


@dataclass(frozen=True, slots=True)
class Resources:
    """What features stand on; an edge file takes it once and passes parts down as arguments."""

    settings: Settings
    database: Database
    identity: Identity
    realtime: Realtime
    jobs: Jobs
    mail: Mail
    health: Health
    navigation: Navigation
    relay: OutboxRelay
    metrics: CollectorRegistry
    background: Background = field(default_factory=Background)
    checks: Checks = field(default_factory=lambda: Checks(PLATFORM))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Opens everything and closes it in the other order; a server may be away."""
        await self.database.open()
        await self.realtime.open()
        stop = asyncio.Event()
        relaying = asyncio.create_task(self.relay.run(stop), name="outbox relay")
        self.background.open()
        try:
            yield
        finally:
            await self.background.close()
            stop.set()
            await relaying
            await self.realtime.close()
            self.identity.close()
            await self.database.close()


def resources_of(app: Quart) -> Resources:
    """Returns the resources of an application that ``create_app`` made."""
    return cast("Resources", app.extensions[EXTENSION])


def current_resources() -> Resources:
    """Returns the resources of the application that handles the current request."""
    return cast("Resources", current_app.extensions[EXTENSION])
