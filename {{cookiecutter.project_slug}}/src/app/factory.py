"""Composition root: settings, resources, platform, features, and at last the application.

The only module that knows every other one. Where two packages of the platform must meet without
knowing each other, a function is passed here: the outbox publishes through the hub, the hub learns
from ``identity`` who is calling, and a session that ends closes its sockets.
"""

import secrets
from collections.abc import AsyncGenerator
from datetime import UTC
from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from quart import Quart
from werkzeug.http import parse_cookie

from app.background import Background
from app.database import EVENT_SECONDS
from app.database import Database
from app.database import Event
from app.database import OutboxRelay
from app.database import delete_old_events
from app.database.branches import migration_locations
from app.database.tables_check import TablesCheck
from app.errors import Unavailable
from app.features import FEATURES
from app.identity import Identity
from app.identity import SessionRecord
from app.identity.factor_duty import FactorDuty
from app.jobs import Jobs
from app.mail import Mail
from app.principal import SessionId
from app.realtime import Realtime
from app.realtime.adapters import open_backplane
from app.realtime.asgi import ASGIApp
from app.realtime.credentials import NOBODY
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.load_topics import load_topics
from app.realtime.metrics import Meters
from app.resources import EXTENSION
from app.resources import Resources
from app.settings import Settings
from app.telemetry import note
from app.telemetry.metrics_page import new_registry
from app.transport import harden
from app.web import install
from app.web.edge import at_the_edge
from app.web.health import Health
from app.web.idempotency import delete_old_keys
from app.web.idempotency import install_idempotency
from app.web.mailbox import install_mailbox
from app.web.meters import WebMeters
from app.web.navigation import Navigation

# Somewhere in the hour, but not at its start, when everybody's jobs run.
OLD_EVENTS_SCHEDULE = "23 * * * *"
OLD_KEYS_SCHEDULE = "41 * * * *"


def create_app(settings: Settings | None = None) -> Quart:
    """Returns the application; its resources open when it starts serving and close when it ends."""
    settings = settings or Settings()
    app = Quart("app", static_folder=None)
    resources = build_resources(settings)
    app.extensions[EXTENSION] = resources
    meters = WebMeters(resources.metrics)
    harden(app, settings.web)
    install(
        app,
        settings=settings,
        identity=resources.identity,
        health=resources.health,
        navigation=resources.navigation,
        meters=meters,
    )
    install_idempotency(app, resources.database)
    if resources.mail.outbox is not None:
        install_mailbox(app, resources.mail.outbox)
    if settings.realtime.load_topics:
        resources.realtime.declare(load_topics())

    @app.while_serving  # before those of features: the first to begin is the last to end
    async def serving() -> AsyncGenerator[None, None]:
        async with resources.opened():
            yield

    for feature in FEATURES:
        feature.register(app, resources)

    quart = cast("ASGIApp", app.asgi_app)  # Quart and we spell the same messages differently
    served = at_the_edge(resources.realtime.endpoint(quart), settings, meters)
    app.asgi_app = served  # type: ignore[method-assign]
    return app


def build_resources(settings: Settings) -> Resources:
    """Returns the parts, made for each other and not yet opened."""
    meters = Meters(new_registry())
    backplane, presence = open_backplane(
        settings.realtime, settings.redis, node=secrets.token_hex(4), meters=meters
    )

    async def authenticate(credential: Credential) -> Vouched:
        return await caller(identity, credential)

    realtime = Realtime(
        settings.realtime,
        backplane=backplane,
        presence=presence,
        authenticate=authenticate,
        origins=settings.origins,
        meters=meters,
    )

    async def publish(event: Event) -> None:
        await realtime.publish(event.topic, event.data, key=event.key, key_seconds=EVENT_SECONDS)

    database = Database(settings.database, publish=publish)
    identity = identity_of(settings, database)
    identity.on_revoke(realtime.disconnect, renewed=realtime.forget)
    realtime.on_disconnect(identity.forget)
    background = Background()
    return Resources(
        settings=settings,
        database=database,
        identity=identity,
        realtime=realtime,
        jobs=jobs_of(settings, database),
        mail=Mail(settings),
        health=health_of(database, realtime, background),
        navigation=Navigation(),
        relay=OutboxRelay(database, publish),
        metrics=meters.registry,
        background=background,
    )


def identity_of(settings: Settings, database: Database) -> Identity:
    """Returns people and what stands for them, as the whole of the settings wants it."""
    return Identity(
        settings.identity,
        database,
        secure=settings.is_secure,
        name=settings.app_name,
        duty=FactorDuty(
            settings.second_factor_required_of,
            frozenset(one.name for one in settings.openid.providers if one.vouches_for_factors),
        ),
    )


def jobs_of(settings: Settings, database: Database) -> Jobs:
    """Returns the background jobs, with those that belong to no feature."""
    jobs = Jobs(settings.jobs, database)
    jobs.schedule(
        "database.delete_old_events", OLD_EVENTS_SCHEDULE, partial(delete_old_events, database)
    )
    hours = settings.web.idempotency_hours
    jobs.schedule(
        "web.delete_old_idempotency_keys",
        OLD_KEYS_SCHEDULE,
        partial(delete_old_keys, database, hours=hours),
    )
    return jobs


def health_of(database: Database, realtime: Realtime, background: Background) -> Health:
    """Returns what readiness asks: without PostgreSQL no requests, without Redis fewer wonders."""

    async def redis() -> None:
        if realtime.degraded:
            raise Unavailable("the backplane is away")

    async def tasks() -> None:
        failing = [*realtime.failing, *background.failing]
        if failing:
            raise Unavailable(f"these keep crashing: {', '.join(failing)}")

    health = Health()
    health.add("postgresql", database.ping, required=True)
    health.add("migrations", TablesCheck(database, migration_locations()).run, required=True)
    health.add("redis", redis, required=False)
    health.add("tasks", tasks, required=True)
    return health


async def caller(identity: Identity, credential: Credential) -> Vouched:
    """Returns who is behind a realtime connection, and has its line in the log say so.

    Raises:
        Unavailable: PostgreSQL is away; the caller stays signed in and may try again.
    """
    if credential.kind in {"bearer", "link"}:
        known = identity.bearers if credential.kind == "bearer" else identity.guests
        bearer = await known.find(credential.value)
        vouched = NOBODY
        if bearer is not None:
            vouched = Vouched(bearer.principal, _seconds_until(bearer.expires_at))
    else:
        record = await _session(identity, credential)
        vouched = _vouched(record) if record is not None else NOBODY
    if vouched.principal.is_person:
        note(user_id=str(vouched.principal.own_id))
    elif vouched.principal.kind == "machine":
        note(machine_id=str(vouched.principal.known_id))
    elif vouched.principal.kind == "guest":
        note(link_id=str(vouched.principal.known_id))
    return vouched


async def _session(identity: Identity, credential: Credential) -> SessionRecord | None:
    match credential.kind:
        case "ticket":
            return await identity.tickets.redeem(credential.value)
        case "session":
            return await identity.sessions.find_by_id(SessionId(UUID(credential.value)))
        case "cookie":
            return await identity.session(parse_cookie(credential.value))
        case _:
            return None


def _vouched(record: SessionRecord) -> Vouched:
    # A ticket is used up, and a cookie may be replaced by another: the session is what goes on.
    again = Credential("session", str(record.id))
    return Vouched(record.principal, _seconds_until(record.expires_at), again)


def _seconds_until(end: datetime | None) -> float | None:
    return None if end is None else max(0.0, (end - datetime.now(UTC)).total_seconds())
