"""The deployment agrees with the service: time to stop, heartbeats, the port, the health route."""

import re
from pathlib import Path

from quart import Quart

from app.__main__ import main
from app.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
CADDYFILE = (ROOT / "compose/Caddyfile").read_text()
MARGIN_SECONDS = 5


def seconds_to_stop(service: str) -> int:
    """Returns the patience of the engine with a service of `compose.yaml`."""
    block = re.search(rf"^  {service}:\n(?:    .*\n)+", COMPOSE, re.MULTILINE)
    assert block
    found = re.search(r"stop_grace_period: (\d+)s", block[0])
    assert found
    return int(found[1])


def test_web_may_take_longer_to_stop_than_its_drain_and_its_requests() -> None:
    settings = Settings()

    needed = settings.realtime.drain_deadline_seconds + settings.server.request_grace_seconds

    assert seconds_to_stop("web") >= needed + MARGIN_SECONDS


def test_the_worker_may_take_longer_to_stop_than_its_jobs() -> None:
    assert seconds_to_stop("worker") >= Settings().jobs.stop_seconds + MARGIN_SECONDS


def test_the_proxy_waits_longer_than_a_heartbeat() -> None:
    realtime = Settings().realtime
    idle = re.search(r"idle (\d+)m", CADDYFILE)

    assert idle
    assert int(idle[1]) * 60 > realtime.ping_seconds + realtime.pong_seconds
    assert int(idle[1]) * 60 > realtime.stream_comment_seconds


def test_no_deadline_of_the_proxy_cuts_a_stream() -> None:
    assert not re.search(r"^\s*(read_body|write|stream_timeout)\b", CADDYFILE, re.MULTILINE)


def test_the_health_check_asks_for_readiness_on_the_port_that_is_served(app: Quart) -> None:
    port = re.search(r"SERVER_PORT=(\d+)", DOCKERFILE)
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE)

    assert port
    assert asked
    assert asked[1] == port[1]
    assert asked[2] in {rule.rule for rule in app.url_map.iter_rules()}
    assert f"EXPOSE {port[1]}" in DOCKERFILE
    assert f"{{$UPSTREAM_PORT:{port[1]}}}" in CADDYFILE


def test_every_command_of_a_container_exists() -> None:
    commands = set(re.findall(r"command: \[(\w+)\]", COMPOSE))

    assert commands == {"migrate", "serve", "worker"}
    assert commands <= set(main.commands)


def test_the_page_says_how_soon_a_part_with_a_flaw_is_replaced() -> None:
    page = (ROOT / "docs/deploy.md").read_text()
    days = [int(found) for found in re.findall(r"^\| .+ \| (\d+) days \|$", page, re.MULTILINE)]

    assert days == sorted(days)
    assert 0 < days[0] <= 7
