"""``app worker`` as a process of its own, from its start to its end."""

from signal import SIGTERM

from app.database import Database
from app.settings import Settings
from tests import programs
from tests.ports import free_port

AWAY = "postgresql://ada:secret@127.0.0.1:1/gone"


def environment(settings: Settings, *, database: str = "") -> dict[str, str]:
    """Returns what the process is told."""
    url = database or settings.database.url
    return {"DATABASE_URL": url, "REDIS_URL": settings.redis.url, "LOG_FORMAT": "json"}


async def test_it_works_until_it_is_told_to_stop(settings: Settings, database: Database) -> None:
    async with programs.running("app", "worker", environment=environment(settings)) as worker:
        await worker.says("worker_ready")
        worker.send(SIGTERM)
        code = await worker.ended()

    assert code == 0
    assert "Traceback" not in worker.output


async def test_without_postgresql_it_says_so_in_one_line_and_waits(settings: Settings) -> None:
    told = environment(settings, database=AWAY)
    async with programs.running("app", "worker", environment=told) as worker:
        line = await worker.says("postgresql_unavailable")
        worker.send(SIGTERM)
        code = await worker.ended()

    assert code == 0
    assert "127.0.0.1:1/gone" in line
    assert "secret" not in worker.output
    assert "Traceback" not in worker.output


async def test_prometheus_may_ask_it_on_a_port_of_its_own(
    settings: Settings, database: Database
) -> None:
    port = free_port()
    told = {**environment(settings), "METRICS_WORKER_PORT": str(port)}
    async with programs.running("app", "worker", environment=told) as worker:
        page = await programs.answers(f"http://127.0.0.1:{port}/metrics", status=200)
        worker.send(SIGTERM)
        code = await worker.ended()

    assert code == 0
    assert "process_resident_memory_bytes" in page.text
