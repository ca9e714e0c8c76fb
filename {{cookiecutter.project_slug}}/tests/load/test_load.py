"""``app load`` against the real service: it counts what happens, and what does not."""

import json
import signal
import sys
from typing import Any

import pytest
from click.testing import CliRunner
from quart import Quart

from app.commands.load import load
from app.errors import Unauthenticated
from app.load.plan import Plan
from app.load.report import Report
from app.load.run import LoadTest
from app.load.signing_in import sign_in
from app.load.tally import Tally
from app.realtime.client import Credentials
from app.realtime.client import Refused
from app.realtime.load_topics import load_topics
from app.resources import resources_of
from app.settings import Settings
from tests.people import PASSWORD
from tests.people import Person
from tests.programs import running


@pytest.fixture
async def url(app: Quart, live_server: str) -> str:
    """Returns a service with topics for load tests."""
    resources_of(app).realtime.declare(load_topics())
    return live_server


def plan(url: str, **more: Any) -> Plan:
    facts = {"sockets": 12, "topics": 3, "rate": 100.0, "seconds": 0.3, "message_bytes": 16}
    return Plan(url, run="test", **{**facts, **more})


async def test_every_message_reaches_every_socket_of_its_topic_once(url: str, ada: Person) -> None:
    test = LoadTest(plan(url), Credentials(cookie=ada.cookie), pids=[])

    report = await test.run(print)

    assert (report.connected, report.published) == (12, 30)
    assert (report.expected, report.delivered) == (120, 120)
    assert (report.lost, report.duplicated, report.gaps, report.reconnects) == (0, 0, 0, 0)
    assert report.latency_p50_ms is not None
    assert report.latency_p99_ms is not None
    assert 0 < report.latency_p50_ms <= report.latency_p99_ms
    assert not report.interrupted


def test_what_the_service_took_and_a_socket_did_not_see_is_lost() -> None:
    planned = plan("http://127.0.0.1:1", sockets=4, topics=2)
    tally = Tally(planned)
    tally.accept(0)
    tally.accept(1)
    for _ in range(3):  # two sockets listen to each of the topics
        tally.see(tally.new_reader(), 1, 0.001)
    tally.see(tally.new_reader(), 0, 0.001)

    assert (tally.published, tally.expected, tally.lost) == (2, 4, 1)


def test_a_message_that_comes_twice_is_counted_as_duplicated() -> None:
    tally = Tally(plan("http://127.0.0.1:1"))
    seen = tally.new_reader()

    tally.see(seen, 3, 0.001)
    tally.see(seen, 3, 0.001)

    assert (tally.delivered, tally.duplicated) == (1, 1)


async def test_a_service_without_topics_for_load_tests_says_so(
    live_server: str, ada: Person
) -> None:
    test = LoadTest(plan(live_server), Credentials(cookie=ada.cookie), pids=[])

    with pytest.raises(Refused, match="unknown_topic"):
        await test.run(print)


async def test_whoever_is_not_let_in_is_counted(url: str) -> None:
    report = await LoadTest(plan(url), Credentials(cookie="session=wrong"), pids=[]).run(print)

    assert (report.connected, report.published) == (0, 0)
    assert report.failures == {"stopped with 4401": 12}


async def test_publishers_that_find_no_room_are_told(
    url: str, ada: Person, settings: Settings
) -> None:
    crowd = plan(url, sockets=settings.realtime.connections_per_user)
    test = LoadTest(crowd, Credentials(cookie=ada.cookie), pids=[], patience_seconds=0.5)

    report = await test.run(print)

    assert (report.connected, report.published, report.lost) == (crowd.sockets, 0, 0)
    assert set(report.failures) == {"closed with 4503"}


async def test_the_cookie_of_somebody_who_signs_in_is_good(url: str, ada: Person) -> None:
    cookie = await sign_in(url, "ada@example.com", PASSWORD)

    report = await LoadTest(plan(url, sockets=1), Credentials(cookie=cookie), pids=[]).run(print)

    assert report.connected == 1
    with pytest.raises(Unauthenticated):
        await sign_in(url, "ada@example.com", "wrong")


async def test_ctrl_c_prints_what_was_seen(url: str, ada: Person) -> None:
    options = ("--sockets", "5", "--rate", "20", "--seconds", "600", "--json")
    person = ("--email", "ada@example.com")
    environment = {"ENVIRONMENT": "test", "LOAD_PASSWORD": PASSWORD}
    async with running("app", "load", url, *person, *options, environment=environment) as program:
        await program.says(" published")
        program.send(signal.SIGINT)
        line = await program.says('"delivered"')
        code = await program.ended()

    report = json.loads(line)
    assert (code, report["interrupted"], report["lost"]) == (0, True, 0)
    if sys.platform == "linux":
        assert report["server_memory_kib_per_connection"] is not None


@pytest.mark.parametrize("url", ["https://example.com", "http://10.0.0.1:8000"])
def test_another_machine_is_left_alone_without_a_yes(url: str) -> None:
    result = CliRunner().invoke(load, [url])

    assert (result.exit_code, "add --yes" in result.output) == (1, True)


def test_what_cannot_be_remembered_is_refused() -> None:
    options = ["--sockets", "20000", "--rate", "10000", "--seconds", "3600"]

    result = CliRunner().invoke(load, options)

    assert "too much to remember" in result.output


def test_the_table_names_every_figure_once() -> None:
    figures = {name: 1.5 for name in Report.__dataclass_fields__ if name != "failures"}
    rows = list(Report(**figures, failures={"closed with 4503": 3}).rows())  # type: ignore[arg-type]

    assert len(rows) == len(figures) + 1
    assert rows[-1] == "3 x closed with 4503"
