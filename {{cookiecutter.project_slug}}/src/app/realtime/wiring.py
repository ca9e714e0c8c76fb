"""Putting the parts together; nobody else knows all of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from collections.abc import Callable

from app.realtime.access import Access
from app.realtime.backplane import Backplane
from app.realtime.backplane import Published
from app.realtime.connections.backlog import Backlog
from app.realtime.connections.callers import Callers
from app.realtime.connections.heartbeat import Heartbeat
from app.realtime.connections.limits import Admission
from app.realtime.connections.session_check import SessionCheck
from app.realtime.connections.writers import Writers
from app.realtime.core import Core
from app.realtime.credentials import Authenticate
from app.realtime.hub.hub import Hub
from app.realtime.hub.interest import Interest
from app.realtime.methods import Methods
from app.realtime.metrics import Meters
from app.realtime.presence_store import PresenceStore
from app.realtime.supervise import Supervisor
from app.settings import RealtimeSettings


def build_core(
    settings: RealtimeSettings,
    *,
    backplane: Backplane,
    presence: PresenceStore,
    authenticate: Authenticate,
    origins: frozenset[str],
    clock: Callable[[], float],
    publish: Callable[..., Awaitable[Published]] | None = None,
    meters: Meters | None = None,
) -> tuple[Core, asyncio.Event]:
    """Returns the parts, and the event that tells that logs have to be read."""
    awake, untold, meters = asyncio.Event(), asyncio.Event(), meters or Meters()
    hub = Hub(settings, call_soon=_call_soon, wake=awake.set, tell_later=untold.set, meters=meters)
    backlog = Backlog(settings, clock=clock, meters=meters)
    sessions = SessionCheck(authenticate, clock=clock)
    supervisor = Supervisor()
    core = Core(
        settings=settings,
        backplane=backplane,
        presence=presence,
        authenticate=authenticate,
        origins=origins,
        access=Access(clock=clock),
        hub=hub,
        interest=Interest(backplane, supervisor, is_wanted=hub.topics.__contains__),
        backlog=backlog,
        writers=Writers(settings),
        admission=Admission(settings, now=clock()),
        supervisor=supervisor,
        sessions=sessions,
        heartbeat=Heartbeat(settings, backlog, now=clock(), check=sessions.look_at),
        clock=clock,
        callers=Callers(settings),
        methods=Methods(),
        publish=publish or backplane.publish,
        meters=meters,
        untold=untold,
    )
    _watch(core)
    return core, awake


def _call_soon(run: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(run)


def _watch(core: Core) -> None:
    """Lets the metrics read what can be counted at any moment."""
    hub = core.hub

    def connections() -> Counter[str]:
        return Counter(one.transport for one in hub.connections.values())

    def presence_members() -> int:
        return sum(len(one.presence_topics) for one in hub.connections.values())

    state: dict[str, Callable[[], float]] = {
        "subscriptions": lambda: sum(len(one.subscriptions) for one in hub.connections.values()),
        "topics": lambda: len(hub.topics),
        "queue_bytes": lambda: core.backlog.queued_bytes,
        "presence_members": presence_members,
        "drain_remaining": lambda: len(hub.connections) if core.is_draining else 0,
        "degraded": lambda: int(hub.degraded),
    }
    core.meters.watch(connections, state)
