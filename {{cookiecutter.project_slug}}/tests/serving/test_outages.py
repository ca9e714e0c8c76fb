"""The service without PostgreSQL or Valkey: at its start, while it runs, and when they return."""

import httpx
import pytest

from app.embedded.server import Server
from app.settings import Settings
from tests.people import Person
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running


async def readiness(settings: Settings, *, status: int, state: str) -> None:
    """Waits until the service says that it is in ``state``."""
    while True:
        answer = await answers(f"{settings.public_url}/readyz", status=status)
        if answer.json()["status"] == state:
            return


@pytest.mark.slow
async def test_without_postgresql_the_process_stays_up_says_so_once_and_recovers(
    settings: Settings, postgres: Server
) -> None:
    environment = environment_of(settings, DATABASE_URL=postgres.url)
    async with running("app", "serve", environment=environment) as program:
        await readiness(settings, status=503, state="unavailable")
        alive = await answers(f"{settings.public_url}/livez", status=200)
        postgres.start()
        await readiness(settings, status=200, state="ready")
        postgres.kill()
        await readiness(settings, status=503, state="unavailable")
        postgres.start()
        await readiness(settings, status=200, state="ready")
        is_running = program.process.returncode is None

    told = [line for line in program.lines if "postgresql_unavailable" in line]
    assert alive.status_code == 200
    assert is_running
    assert len(told) == 2, program.output
    assert all(str(postgres.place.sockets) in line for line in told)
    assert "Traceback" not in program.output


@pytest.mark.slow
async def test_without_valkey_the_service_is_degraded_and_nobody_is_signed_out(
    settings: Settings, valkey: Server, ada: Person
) -> None:
    environment = environment_of(settings, REDIS_URL=valkey.url)
    sessions = f"{settings.public_url}/api/v1/accounts/sessions"
    headers = {"Cookie": ada.cookie}
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as client,
        running("app", "serve", environment=environment) as program,
    ):
        await readiness(settings, status=200, state="degraded")
        at_the_start = await client.get(sessions)
        valkey.start()
        await readiness(settings, status=200, state="ready")
        valkey.kill()
        await readiness(settings, status=200, state="degraded")
        meanwhile = await client.get(sessions)
        valkey.start()
        await readiness(settings, status=200, state="ready")

    assert at_the_start.status_code == 200
    assert meanwhile.status_code == 200
    assert str(valkey.place.sockets) in program.output
    assert "Traceback" not in program.output
