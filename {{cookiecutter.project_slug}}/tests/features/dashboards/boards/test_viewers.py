"""However many look through a link, a second is measured once and told once."""

import asyncio
import json
from urllib.parse import urlencode

import pytest

from app.features.dashboards.boards.live import LivePublisher
from app.features.dashboards.boards.live import shared_topic
from app.resources import Resources
from app.settings import Settings
from tests.features.dashboards.boards.test_sharing import shared
from tests.features.dashboards.conftest import Keepers
from tests.people import Person
from tests.raw_clients import RawStream
from tests.raw_clients import allow_open_files

AT_ONCE = 25


@pytest.mark.usefixtures("live_server")
@pytest.mark.parametrize(
    "viewers",
    [pytest.param(100, id="small"), pytest.param(1_000, marks=pytest.mark.soak, id="full")],
)
async def test_a_thousand_viewers_cost_one_sample_and_one_message(
    settings: Settings, resources: Resources, keepers: Keepers, ada: Person, viewers: int
) -> None:
    allow_open_files(2 * viewers + 500)
    board, token, _ = await shared(ada)
    topic = shared_topic(board["id"])
    path = f"/realtime/events?{urlencode({'topic': topic, 'link': token})}"
    gate = asyncio.Semaphore(AT_ONCE)
    keepers.figures.on_sample(LivePublisher(resources.database, resources.realtime).see)
    keeper = keepers.named("only")

    async def opened() -> RawStream:
        async with gate:
            stream = await RawStream.connect(settings.server.port, path, {})
            assert '"welcome"' in await stream.receive()
            return stream

    streams = await asyncio.gather(*(opened() for _ in range(viewers)))
    taken, told = keeper._sampler.taken, await resources.realtime.position(topic)
    await keeper.tick()
    heard = await asyncio.gather(*(stream.receive() for stream in streams))
    after = await resources.realtime.position(topic)
    for stream in streams:
        stream.close()

    assert len(heard) == viewers
    assert len(set(heard)) == 1
    message = json.loads(heard[0].removeprefix("data:"))
    assert "requests.rate" in message["data"]["figures"]
    assert keeper._sampler.taken - taken == 1
    assert after.offset - told.offset == 1
