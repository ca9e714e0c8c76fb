"""The private port: it answers Prometheus and nobody else, one port per process."""

import asyncio
import signal

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from quart import Quart

from app.serving.metrics_port import listen_for_metrics
from app.serving.metrics_port import metrics_served
from app.serving.processes import metrics_arguments
from app.serving.servers import SERVERS
from app.settings import MetricsSettings
from app.settings import ServerSettings
from app.settings import Settings
from tests.ports import free_port
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running


def with_metrics(settings: Settings, port: int, *, server: str = "hypercorn") -> Settings:
    chosen = {
        "metrics": MetricsSettings(port=port),
        "server": ServerSettings.model_validate({"name": server}),
    }
    return settings.model_copy(update=chosen)


@pytest.mark.parametrize("server", SERVERS)
async def test_prometheus_is_answered_on_a_port_of_its_own(
    app: Quart, settings: Settings, server: str
) -> None:
    settings = with_metrics(settings, free_port(), server=server)
    url = f"http://127.0.0.1:{settings.metrics.port}"
    listener = listen_for_metrics(settings)

    async with metrics_served(listener, app, settings), httpx.AsyncClient(timeout=60) as client:
        page = await client.get(f"{url}/metrics")
        elsewhere = await client.get(f"{url}/")
        posted = await client.post(f"{url}/metrics")

    names = {family.name for family in text_string_to_metric_families(page.text)}
    assert page.headers["content-type"].startswith("text/plain")
    assert {"realtime_connections", "process_open_fds", "python_gc_collections"} <= names
    assert (elsewhere.status_code, posted.status_code) == (404, 404)


async def test_no_port_is_opened_unless_one_is_named(app: Quart, settings: Settings) -> None:
    assert listen_for_metrics(settings) is None
    before = asyncio.all_tasks()

    async with metrics_served(None, app, settings):
        assert asyncio.all_tasks() == before


async def test_visitors_are_not_answered(app: Quart) -> None:
    assert (await app.test_client().get("/metrics")).status_code == 404


def test_each_of_several_processes_has_the_next_port(settings: Settings) -> None:
    arguments = [metrics_arguments(with_metrics(settings, 9464), number) for number in (1, 2)]

    assert arguments == [("--metrics-port", "9464"), ("--metrics-port", "9465")]
    assert metrics_arguments(settings, 1) == ()


@pytest.mark.slow
async def test_each_of_several_processes_tells_its_own_numbers(settings: Settings) -> None:
    port = free_port(following=1)
    environment = environment_of(
        settings, METRICS_PORT=str(port), REALTIME_DRAIN_WINDOW_SECONDS="0"
    )
    async with running("app", "serve", "--processes", "2", environment=environment) as program:
        pages = [
            await answers(f"http://127.0.0.1:{port + number}/metrics", status=200)
            for number in (0, 1)
        ]
        program.send(signal.SIGTERM)
        code = await program.ended()

    # Two that were started in the same hundredth of a second still differ in CPU and memory.
    processes = {
        tuple(line for line in page.text.splitlines() if line.startswith("process_"))
        for page in pages
    }
    assert len(processes) == 2
    assert code == 0, program.output
