"""Real processes that die, and a PostgreSQL that is restarted, in the middle of ingest."""

import asyncio
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.database import Database
from app.embedded.server import Server
from app.factory import create_app
from app.features.devices.schemas import NewDevice
from app.features.devices.service import devices_of
from app.identity import users
from app.principal import Principal
from app.resources import resources_of
from app.settings import DatabaseSettings
from app.settings import Settings
from tests.features.devices.senders import Sender
from tests.features.devices.senders import get_on
from tests.features.devices.senders import sending
from tests.programs import Program
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running
from tests.servers import connection

pytestmark = pytest.mark.slow

DEVICES = 20
QUICK = {
    "DEVICES_COMMANDS_PER_SECOND": "1000",
    "DEVICES_COMMANDS_BURST": "1000",
    "DEVICES_BYTES_PER_SECOND": "10000000",
    "DEVICES_BYTES_BURST": "10000000",
    "REALTIME_HANDSHAKES_PER_SECOND": "10000",
}
STORED = "SELECT device_id, number, value FROM devices_readings ORDER BY device_id, number"


async def fleet(settings: Settings) -> list[Sender]:
    """Registers devices of one person, without a service."""
    app = create_app(settings)
    database, devices = resources_of(app).database, devices_of(app)
    async with database.transaction() as work:
        owner = await users.create_user(
            work, email="ada@example.com", name="Ada", password_hash="-", is_admin=False
        )
    who = Principal(kind="user", user_id=owner.id, name="Ada")
    new = NewDevice(name="Barometer", metrics=["pressure"])
    made = [await devices.register(who, new) for _ in range(DEVICES)]
    await database.close()
    return [Sender(one.device.id, one.token) for one in made]


@asynccontextmanager
async def serving(settings: Settings, **environment: str) -> AsyncIterator[Program]:
    """Runs the service until the block ends."""
    told = environment_of(settings, **QUICK, **environment)
    async with running("tests.features.devices.ingest_program", environment=told) as program:
        await answers(f"{settings.public_url}/readyz", status=200)
        yield program


async def compare(settings: Settings, senders: list[Sender]) -> tuple[int, int, int]:
    """Returns how many readings are stored, and of those acknowledged how many are missing.

    The third figure is how many are there twice, or are not what their number stands for.
    """
    numbers: dict[object, list[int]] = defaultdict(list)
    wrong = 0
    async with connection(settings.database.url) as raw:
        for row in await raw.fetch(STORED):
            numbers[row["device_id"]].append(row["number"])
            wrong += row["value"] != row["number"]
    missing = sum(
        len(set(range(1, one.acknowledged + 1)) - set(numbers[one.device_id])) for one in senders
    )
    doubled = sum(len(found) - len(set(found)) for found in numbers.values())
    return sum(map(len, numbers.values())), missing, doubled + wrong


async def test_what_was_acknowledged_outlives_a_killed_process_and_a_restarted_postgresql(
    settings: Settings, postgres: Server
) -> None:
    postgres.start()
    postgres.stop_signal = signal.SIGINT  # in order: this one is set up to forget when killed
    own = settings.model_copy(
        update={"database": DatabaseSettings.model_construct(url=postgres.url)}
    )
    senders = await fleet(own)
    async with serving(own) as program, sending(senders, own.public_url):
        await get_on(senders, batches=3)
        await asyncio.to_thread(postgres.stop)  # they go on sending meanwhile
        postgres.start()
        await get_on(senders, batches=3)
        program.send(signal.SIGKILL)
        assert await program.ended() == -signal.SIGKILL

    stored, missing, doubled = await compare(own, senders)
    known = sum(one.acknowledged for one in senders)
    print(f"ingest: {stored} stored, {known} acknowledged, {missing} missing, {doubled} doubled")
    assert (missing, doubled) == (0, 0)
    assert stored >= known > 0
    assert "devices_ingest_failed" not in program.output


async def test_without_waiting_for_the_commit_a_killed_process_loses_what_it_acknowledged(
    settings: Settings, database: Database
) -> None:
    senders = await fleet(settings)
    async with (
        serving(settings, HASTY="1", DEVICES_GATHER_SECONDS="0.5") as hasty,
        sending(senders, settings.public_url),
    ):
        await get_on(senders, batches=3)
        hasty.send(signal.SIGKILL)
        await hasty.ended()
        _, missing, _ = await compare(settings, senders)

    assert missing
