"""``app load``: what the realtime core takes, and what becomes of every message."""

import asyncio
import json
import secrets
import signal
import sys
from dataclasses import asdict
from typing import Any

import click

from app.commands.dev import DEMO_EMAIL
from app.errors import Unauthenticated
from app.load.plan import Plan
from app.load.report import Report
from app.load.run import LoadTest
from app.load.signing_in import sign_in
from app.realtime.client import Credentials
from app.realtime.client import RealtimeError
from app.settings import Settings
from app.telemetry.processes import allow_open_files
from app.telemetry.processes import pids_listening_on

SOCKETS_MOST = 20_000
RATE_MOST = 10_000.0
SECONDS_MOST = 3_600.0
PADDING_MOST = 8_192
SPARE_FILES = 200


@click.command()
@click.argument("url", default="http://127.0.0.1:8000")
@click.option(
    "--sockets",
    type=click.IntRange(1, SOCKETS_MOST),
    default=40,
    show_default=True,
    help="How many connect.",
)
@click.option(
    "--topics",
    type=click.IntRange(1, SOCKETS_MOST),
    default=1,
    show_default=True,
    help="How many they listen to, one each.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, RATE_MOST),
    default=10.0,
    show_default=True,
    help="Messages a second, over all topics.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, SECONDS_MOST),
    default=10.0,
    show_default=True,
    help="For how long it publishes.",
)
@click.option(
    "--message-bytes",
    type=click.IntRange(0, PADDING_MOST),
    default=64,
    show_default=True,
    help="What each message is padded with.",
)
@click.option("--email", default=DEMO_EMAIL, show_default=True, help="Who signs in.")
@click.option("--password", envvar="LOAD_PASSWORD", hidden=True)  # other people could read it
@click.option("--cookie", envvar="LOAD_COOKIE", hidden=True)
@click.option("--token", envvar="LOAD_TOKEN", hidden=True)
@click.option("--pid", type=int, multiple=True, help="A process of the service; found when local.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--yes", is_flag=True, help="Yes, that is my service, and it may be on its knees.")
def load(url: str, **given: Any) -> None:
    """Opens sockets to a service, publishes, and counts what arrives.

    The service needs REALTIME_LOAD_TOPICS, which `app dev` sets, and above 40 sockets a higher
    REALTIME_CONNECTIONS_PER_USER. Signs in as --email with LOAD_PASSWORD (without it the demo's),
    or uses LOAD_COOKIE or LOAD_TOKEN. Exits with 1 when something was lost or came
    twice, and when nothing could be published.
    """
    plan = _plan(url, given)
    if not plan.is_local and not given["yes"]:
        raise click.ClickException(f"{url} is not this machine: add --yes if it is yours to load")
    if plan.is_too_big:
        raise click.ClickException("too much to remember: fewer sockets, messages or seconds")
    pids = list(given["pid"]) or (pids_listening_on(plan.port) if plan.is_local else [])
    try:
        report = asyncio.run(_load(plan, given, pids))
    except OSError as failure:
        raise click.ClickException(f"nobody answers at {url}: {failure}") from failure
    except (Unauthenticated, RealtimeError) as failure:
        raise click.ClickException(str(failure)) from failure
    figures = [json.dumps(asdict(report))] if given["as_json"] else report.rows()
    for line in figures:
        click.echo(line)
    if report.lost or report.duplicated or not report.published:
        sys.exit(1)


def _plan(url: str, given: dict[str, Any]) -> Plan:
    return Plan(
        url,
        sockets=given["sockets"],
        topics=min(given["topics"], given["sockets"]),
        rate=given["rate"],
        seconds=given["seconds"],
        message_bytes=given["message_bytes"],
        run=secrets.token_hex(4),
    )


async def _load(plan: Plan, given: dict[str, Any], pids: list[int]) -> Report:
    allow_open_files(plan.sockets + SPARE_FILES)
    test = LoadTest(plan, await _credentials(plan, given), pids=pids)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, test.stop)
    try:
        return await test.run(lambda line: click.echo(line, err=True))
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def _credentials(plan: Plan, given: dict[str, Any]) -> Credentials:
    if given["cookie"] or given["token"]:
        return Credentials(cookie=given["cookie"] or "", bearer=given["token"] or "")
    password = given["password"] or Settings().demo_password
    return Credentials(cookie=await sign_in(plan.url, given["email"], password))
