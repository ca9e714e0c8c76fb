"""``app dev``: everything on this machine, with nothing to install and nothing left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import click

from app.commands.demo import prepare
from app.commands.reload import source_changes
from app.embedded import Embedded
from app.embedded import EmbeddedError
from app.embedded import Urls
from app.features import FEATURES
from app.features.registration import Feature
from app.features.registration import IsAliveInTheDemo
from app.misspelt import misspelt
from app.serving.child import Child
from app.serving.lifeline import Lifeline
from app.serving.listener import PORT_MAX
from app.serving.listener import listen_near
from app.serving.signals import STOP_SIGNALS
from app.serving.signals import StopSignals
from app.settings import Settings
from app.telemetry import configure_logging
from app.web.mailbox import PATH as MAILBOX_PATH

PORTS_TRIED = 50
STOP_SECONDS = 5.0
DEMO_EMAIL = "ada@example.com"

# Nobody waits for a graceful end here, and `app load` may be tried; the environment still wins.
HASTY = {
    "REALTIME_LOAD_TOPICS": "true",
    "REALTIME_DRAIN_WINDOW_SECONDS": "0",
    "REALTIME_DRAIN_DEADLINE_SECONDS": "2",
    "SERVER_REQUEST_GRACE_SECONDS": "1",
    "JOBS_STOP_SECONDS": "2",
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, PORT_MAX),
    default=8000,
    show_default=True,
    help="This, or the next that is free.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".run"),
    show_default=True,
    help="Where PostgreSQL and Valkey keep their data.",
)
@click.option("--reload/--no-reload", default=True, show_default=True, help="Restart on changes.")
def dev(host: str, port: int, folder: Path, *, reload: bool) -> None:
    """Runs the service for development, with demo people.

    Starts PostgreSQL and Valkey unless DATABASE_URL and REDIS_URL are set, applies the migrations,
    adds demo data, runs the worker and the web server, and what features have to play beside them;
    restarts all of it when a source file changes. Ctrl-C stops it.
    """
    try:
        with _interruptible(), listen_near(host, port, attempts=PORTS_TRIED) as listener:
            _develop(listener, folder, reload=reload)
    except KeyboardInterrupt:
        pass
    except (EmbeddedError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _develop(listener: socket.socket, folder: Path, *, reload: bool) -> None:
    settings = Settings()
    given = Urls(settings.database.url, settings.redis.url)
    url = f"http://{listener.getsockname()[0]}:{listener.getsockname()[1]}"
    _tell_what_begins(given, folder)
    with Embedded(folder, given=given) as urls:
        os.environ.update(_environment(settings, urls, url, folder))
        settings = Settings()
        # The address comes first on the standard output; what is told on the way goes to the other.
        configure_logging(settings, stream=sys.stderr)
        with contextlib.redirect_stdout(sys.stderr):
            asyncio.run(prepare(settings))
        print(url)
        print(f"demo login: {DEMO_EMAIL} {settings.demo_password}", flush=True)
        if not settings.mail.host:
            print(f"mailbox: {url}{MAILBOX_PATH}", flush=True)
        asyncio.run(_run_children(listener, url, reload=reload))


def _tell_what_begins(given: Urls, folder: Path) -> None:
    """Says which names nobody reads, and why nothing else is said for a while."""
    known = {"PostgreSQL": given.database, "Valkey": given.redis}
    servers = " and ".join(name for name, url in known.items() if not url)
    begins = f"starting {servers} in {folder}, then " if servers else ""
    for name, meant in misspelt().items():
        click.echo(f"{name} is no setting, but {meant} is", err=True)
    click.echo(f"{begins}bringing tables and demo people up to date ...", err=True)


def _environment(settings: Settings, urls: Urls, url: str, folder: Path) -> Mapping[str, str]:
    """Returns what the children read: where everything is, and to be quick about the end."""
    found = {"DATABASE_URL": urls.database, "REDIS_URL": urls.redis}
    if "public_url" not in settings.model_fields_set:
        found["PUBLIC_URL"] = url
    if "folder" not in settings.mail.model_fields_set:
        found["MAIL_FOLDER"] = str(folder.absolute() / "mail")
    hasty = {name: value for name, value in HASTY.items() if name not in os.environ}
    return {**found, **hasty}


def demo_programs(url: str, *, features: Sequence[Feature] = FEATURES) -> list[Sequence[str]]:
    """Returns the commands of features that play something beside the service."""
    return [one.demo_program(url) for one in features if isinstance(one, IsAliveInTheDemo)]


async def _run_children(listener: socket.socket, url: str, *, reload: bool) -> None:
    """Runs the web server, the worker and what features play, until a signal arrives."""
    lifeline = Lifeline()
    descriptor = listener.fileno()
    web = Child(
        "web",
        ("serve", "--descriptor", str(descriptor)),
        lifeline=lifeline,
        stop_seconds=STOP_SECONDS,
        listener=descriptor,
    )
    commands = [("worker",), *demo_programs(url)]
    others = [
        Child(" ".join(command), command, lifeline=lifeline, stop_seconds=STOP_SECONDS)
        for command in commands
    ]
    children = (web, *others)
    with StopSignals() as signals:
        async with asyncio.TaskGroup() as tasks:
            for child in children:
                tasks.create_task(child.keep_running(), name=child.name)
            reloading = tasks.create_task(_reload(children), name="reload") if reload else None
            await signals.first.wait()
            if reloading:
                reloading.cancel()
            await asyncio.gather(*(child.stop() for child in children))


async def _reload(children: tuple[Child, ...]) -> None:
    async for changed in source_changes():
        print(f"{changed} changed; restarting", flush=True)
        await asyncio.gather(*(child.restart() for child in children))


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Makes both signals end the blocking parts through all clean-up.

    SIGINT as well: in the background of a shell script it is ignored from the start.
    """
    before = {number: signal.signal(number, signal.default_int_handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
