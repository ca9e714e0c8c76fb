"""One process sums, stores and publishes; when it dies another one goes on."""

import asyncio
import json
from datetime import UTC
from datetime import datetime

import httpx
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.errors import Unavailable
from app.features.dashboards.figures.facade import Sample
from app.features.dashboards.figures.keeping import Keeper
from app.resources import resources_of
from tests.features.dashboards.conftest import Keepers
from tests.features.dashboards.conftest import holders
from tests.features.dashboards.conftest import nobody_sums
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.realtime.rig import Stream

END = text("SELECT pg_terminate_backend(:pid)")


async def stored(database: Database, figure: str) -> list[float]:
    """Returns the stored seconds of a figure."""
    async with database.reading() as session:
        rows = await session.scalars(
            text("SELECT value FROM dashboards_seconds WHERE figure = :figure ORDER BY at"),
            {"figure": figure},
        )
        return list(rows)


async def next_second() -> None:
    """Waits until the clock shows another second, since a second is stored once."""
    now = datetime.now(UTC)
    await asyncio.sleep(1.0 - now.microsecond / 1_000_000 + 0.02)


async def test_one_of_two_processes_sums_and_when_it_dies_the_other_goes_on(
    app: Quart, keepers: Keepers
) -> None:
    database = resources_of(app).database
    first, second = keepers.named("first"), keepers.named("second")

    await first.tick()
    await second.tick()
    assert [first.sums, second.sums] == [True, False]
    await next_second()
    await first.tick()
    assert (await stored(database, "processes"))[-1] == 2.0

    await kill(database, first)
    await next_second()
    await second.tick()

    assert second.sums
    assert len(await stored(database, "processes")) == 3
    await first.tick()  # notices that its connection is gone
    await first.tick()  # and comes back as one of the others
    assert not first.sums
    assert await holders(database) == 1


async def test_whoever_takes_over_tells_no_second_that_was_told(
    app: Quart, keepers: Keepers
) -> None:
    database = resources_of(app).database
    heard: list[datetime] = []

    async def listens(sample: Sample) -> None:
        heard.append(sample.at)

    keepers.figures.on_sample(listens)
    first, second = keepers.named("first"), keepers.named("second")
    await first.tick()
    await kill(database, first)
    await second.tick()

    assert second.sums
    assert len(heard) == len(set(heard)) == len(await stored(database, "processes"))


async def kill(database: Database, keeper: Keeper) -> None:
    """Has PostgreSQL see what it sees when a process dies: the connection is gone."""
    connection = keeper._connection
    assert connection is not None
    gone = asyncio.Event()
    connection.add_termination_listener(lambda _connection: gone.set())
    async with database.reading() as session:
        await session.execute(END, {"pid": connection.get_server_pid()})
    async with asyncio.timeout(PATIENCE_SECONDS):
        await gone.wait()


async def test_a_listener_gets_every_sample_and_one_that_fails_hinders_nobody(
    keepers: Keepers,
) -> None:
    heard: list[Sample] = []

    async def fails(sample: Sample) -> None:
        raise LookupError("a rule is broken")

    async def listens(sample: Sample) -> None:
        heard.append(sample)

    keepers.figures.on_sample(fails)
    keepers.figures.on_sample(listens)
    keeper = keepers.named("only")

    await keeper.tick(lag_seconds=0.25)

    [sample] = heard
    assert sample.figures["loop.lag"] == 0.25
    assert {"cpu.process", "requests.rate", "processes", "jobs.waiting"} <= set(sample.figures)


async def test_however_many_look_a_second_is_measured_once(
    app: Quart, live_server: str, keepers: Keepers, operator: Person
) -> None:
    keeper, viewers = keepers.named("only"), 20
    limits = httpx.Limits(max_connections=viewers)
    async with httpx.AsyncClient(
        base_url=live_server, headers={"Cookie": operator.cookie}, limits=limits, timeout=60
    ) as client:
        streams = [await opened(client) for _ in range(viewers)]
        before = keeper._sampler.taken

        await keeper.tick()

        for stream in streams:
            message = await stream.receive()
            while message.name != "message":
                message = await stream.receive()
            assert message.frame["data"]["figures"]["connections.streams"] == viewers
            await stream.response.aclose()
    assert keeper._sampler.taken - before == 1


async def opened(client: httpx.AsyncClient) -> Stream:
    """Opens a stream of the figures of the service."""
    request = client.build_request("GET", "/realtime/events", params={"topic": "figures:service"})
    stream = Stream(await client.send(request, stream=True))
    assert (await stream.receive()).name == "welcome"
    return stream


async def test_a_full_pool_takes_one_figure_and_not_the_lock(app: Quart, keepers: Keepers) -> None:
    database = resources_of(app).database
    keeper = keepers.named("only")

    async def is_full() -> int:
        raise Unavailable("every connection is in use")

    keeper._jobs_waiting = is_full
    await keeper.tick()

    assert keeper.sums
    assert await stored(database, "processes") == [1.0]
    assert await stored(database, "jobs.waiting") == []


async def test_without_postgresql_the_process_goes_on_telling_its_own_figures(
    app: Quart, keepers: Keepers
) -> None:
    resources = resources_of(app)
    keeper = keepers.named("only")
    await keeper.tick()
    await keeper.close()
    await nobody_sums(resources.database)
    address = resources.database.engine.url

    before = await resources.realtime.position("figures:process.only")
    resources.database.engine.sync_engine.url = address.set(port=1)
    await keeper.tick()
    resources.database.engine.sync_engine.url = address

    after = await resources.realtime.position("figures:process.only")
    assert after.offset == before.offset + 1
    assert json.dumps(before.epoch) == json.dumps(after.epoch)
    await keeper.tick()
    assert keeper.sums
