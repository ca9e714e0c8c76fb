"""Devices: things with a token that send readings in batches, over thousands of sockets."""

from collections.abc import AsyncGenerator
from collections.abc import Sequence
from functools import partial

import click
from quart import Quart

from app.features.registration import AtHand
from app.identity.audit.events import describe_events
from app.resources import Resources

from . import commands
from . import demo
from . import fleet
from . import personal_data
from . import readings
from . import routes
from . import shadow
from . import simulator
from .audit import AUDIT_EVENTS
from .fleet.counting import LiveCounts
from .live_topics import happenings_namespace
from .live_topics import orders_namespace
from .offering import offers_of
from .service import CONTEXT
from .service import Devices
from .settings import DevicesSettings
from .tokens import Tokens
from .topics import readings_namespace


def register(app: Quart, resources: Resources) -> None:
    """Attaches the REST routes, the topics, the methods of devices and what vouches for them."""
    settings = DevicesSettings()
    describe_events(AUDIT_EVENTS)
    resources.identity.scopes.add("devices:read", "Read your devices and what they measured")
    resources.identity.scopes.add("devices:write", "Register, change and remove your devices")
    resources.identity.personal_data.hold(
        "devices", export=personal_data.exported, erase=partial(personal_data.erase, resources.jobs)
    )
    tokens = Tokens(resources.database, prefix=settings.token_prefix)
    resources.identity.bearers.add(settings.token_prefix, tokens.find)
    offers = offers_of(resources.database)
    resources.realtime.declare(readings_namespace(resources.database, settings, offers=offers))
    counts = LiveCounts(resources.database, resources.realtime.publish)
    app.extensions[CONTEXT] = Devices(
        resources.database,
        settings,
        tokens,
        jobs=resources.jobs,
        disconnect=resources.realtime.disconnect,
        changed=counts.changed,
    )
    app.register_blueprint(routes.blueprint)
    readings.register(app, resources, settings)
    resources.realtime.declare(happenings_namespace(resources.database))
    resources.realtime.declare(orders_namespace(resources.database))
    commands.register(app, resources, settings)
    shadow.register(app, resources)
    fleet.register(app, resources, counts)

    @app.while_serving
    async def looking_up() -> AsyncGenerator[None, None]:
        yield
        await tokens.close()


def add_commands(program: click.Group, at_hand: AtHand) -> None:
    """Adds ``app devices simulate`` and ``app devices demo``."""

    @program.group("devices")
    def devices() -> None:
        """Looks after devices."""

    simulator.add_commands(devices, at_hand)
    demo.add_commands(devices)


def demo_program(url: str) -> Sequence[str]:
    """Returns the command that brings the demo devices to life."""
    return ("devices", "demo", url)


async def add_demo(resources: Resources) -> None:
    """Stores three devices of a demo person with an hour of readings, unless there are devices."""
    password = resources.settings.demo_password
    await demo.add_devices(resources.database, DevicesSettings(), password=password)
