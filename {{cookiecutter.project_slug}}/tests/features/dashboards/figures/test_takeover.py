"""The process that sums is killed: another goes on, and no second is told or stored twice."""

import json
import signal
from collections import Counter

import pytest

from app.settings import Settings
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.ports import free_port
from tests.programs import PATIENT
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import eventually
from tests.programs import running
from tests.raw_clients import RawStream
from tests.servers import connection

LOCK_HELD = "figures_summed_here"
SECONDS = 2  # that are told before the end of one, and after it
DOUBLED = """
    SELECT count(*) FROM (
        SELECT 1 FROM dashboards_seconds GROUP BY figure, at HAVING count(*) > 1) AS doubled
"""


async def next_seconds(stream: RawStream, told: Counter[int], *, processes: float) -> None:
    """Reads until that many more seconds were told in which so many processes were measured."""
    left = SECONDS
    while left:
        frame = json.loads((await stream.receive()).removeprefix("data:"))
        if frame["type"] == "message":
            told[frame["data"]["at"]] += 1
            left -= frame["data"]["figures"]["processes"] == processes


@pytest.mark.slow
async def test_after_a_kill_the_other_process_sums_and_no_second_is_doubled(
    settings: Settings, operator: Person
) -> None:
    ports = [free_port(), free_port()]
    environments = [
        environment_of(
            settings, **PATIENT, SERVER_PORT=str(port), DASHBOARDS_SAMPLING="on", LOG_LEVEL="info"
        )
        for port in ports
    ]
    told: Counter[int] = Counter()
    async with (
        running("app", "serve", environment=environments[0]) as one,
        running("app", "serve", environment=environments[1]) as other,
    ):
        for port in ports:
            await answers(f"http://127.0.0.1:{port}/readyz", status=200)
        assert await eventually(
            lambda: LOCK_HELD in one.output or LOCK_HELD in other.output,
            within_seconds=PATIENCE_SECONDS,
        )
        doomed, stays = (one, other) if LOCK_HELD in one.output else (other, one)
        assert LOCK_HELD not in stays.output, "both believed to be the one"
        port = ports[0] if stays is one else ports[1]
        path = "/realtime/events?topic=figures:operators"
        headers = {"Cookie": operator.cookie, "Origin": settings.public_url}
        stream = await RawStream.connect(port, path, headers)
        await next_seconds(stream, told, processes=2.0)

        doomed.send(signal.SIGKILL)

        await stays.says(LOCK_HELD)
        await next_seconds(stream, told, processes=1.0)
        stream.close()

    assert set(told.values()) == {1}, told
    async with connection(settings.database.url) as raw:
        assert await raw.fetchval(DOUBLED) == 0
        stored = await raw.fetch("SELECT at FROM dashboards_seconds WHERE figure = 'processes'")
    assert {int(row["at"].timestamp()) for row in stored} >= set(told)
