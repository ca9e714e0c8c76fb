"""What a device calls about its commands, over its socket."""

from typing import cast

from app.features.devices.tokens import DEVICE_SCOPE
from app.principal import Principal
from app.resources import Resources

from . import service
from .life import State
from .schemas import Answer
from .schemas import Answered
from .schemas import Fetch
from .schemas import Fetched


def declare(resources: Resources) -> None:
    """Lets devices fetch and answer."""
    database, jobs = resources.database, resources.jobs

    async def fetch(who: Principal, _data: Fetch) -> Fetched:
        return Fetched(await service.fetch(who, database, jobs))

    async def answer(who: Principal, data: Answer) -> Answered:
        return Answered(cast("State", await service.answer(who, database, jobs, data)))

    resources.realtime.method("devices.fetch_commands", fetch, scope=DEVICE_SCOPE)
    resources.realtime.method("devices.answer_command", answer, scope=DEVICE_SCOPE)
