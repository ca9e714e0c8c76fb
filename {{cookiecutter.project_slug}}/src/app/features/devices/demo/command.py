"""``app devices demo``: the demo devices come to life, which ``app dev`` has them do."""

import asyncio
import signal

import click

from app.features.devices.settings import DevicesSettings
from app.settings import Settings

from .rows import NAMES
from .rows import id_of
from .rows import token_of
from .thermometer import Thermometer


def add_commands(devices: click.Group) -> None:
    """Adds ``demo`` to ``app devices``."""

    @devices.command("demo")
    @click.argument("url", default="http://127.0.0.1:8000")
    def demo(url: str) -> None:
        """Has the demo devices measure, obey and report.

        They are those that `app dev` stored, at the service at URL; a signal ends it. One whose
        token was replaced or revoked stays away.
        """
        asyncio.run(play(thermometers(url)))


def thermometers(url: str) -> list[Thermometer]:
    """Returns the demo devices, for the service at an address."""
    password, prefix = Settings().demo_password, DevicesSettings().token_prefix
    return [
        Thermometer(url, id_of(name), token_of(name, password, prefix=prefix), degrees=degrees)
        for name, degrees in NAMES
    ]


async def play(devices: list[Thermometer]) -> None:
    """Lets devices live until a signal comes."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    living = [asyncio.create_task(one.live(), name="demo device") for one in devices]
    await stop.wait()
    for one in living:
        one.cancel()
    await asyncio.gather(*living, return_exceptions=True)
