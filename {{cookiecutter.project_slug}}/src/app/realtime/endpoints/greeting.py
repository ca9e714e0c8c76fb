"""Letting a caller in: their credentials, their room, and what holds on the new connection."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from app.errors import Unavailable
from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.credentials import credential_of
from app.realtime.credentials import is_for_another
from app.realtime.credentials import link_of
from app.realtime.endpoints.own_connection import name_for
from app.realtime.protocol import frames
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.subscribing.departing import stop_counting
from app.realtime.subscribing.subscription import Subscribed

log = structlog.get_logger()

JUDGED_AGAIN_MAX = 3
_REASONS = {"ticket": "no such ticket", "bearer": "no such token", "link": "no such link"}


class NotLetIn(Exception):
    """A caller that is turned away, with the code that a socket is closed with."""

    def __init__(self, code: CloseCode, reason: str, *, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.after_seconds = after_seconds


async def let_in(core: Core, connection: Connection, *, ticket: str | None = None) -> None:
    """Gives the connection its principal.

    Raises:
        NotLetIn: there are no valid credentials, no room for this user, or it cannot be told now.
    """
    credential = link_of(connection.scope) or credential_of(connection.scope, ticket=ticket)
    try:
        vouched = await judge(core, credential)
    except Unavailable as failure:
        log.warning("realtime.authenticate_unavailable", detail=failure.detail)
        raise NotLetIn(
            CloseCode.OVERLOADED, "unavailable", after_seconds=failure.after_seconds
        ) from failure
    if not vouched.principal.is_known:
        raise NotLetIn(CloseCode.UNAUTHENTICATED, _REASONS.get(credential.kind, "no session"))
    if credential.kind == "cookie" and is_for_another(connection.scope, vouched.principal):
        raise NotLetIn(CloseCode.UNAUTHENTICATED, "somebody else")
    # A link may be in many hands: its guests count for their addresses and for the process alone.
    is_one = vouched.principal.kind != "guest"
    if is_one and connection.counted_as != vouched.principal.known_id:
        _count(core, connection, vouched.principal.known_id)
    connection.vouch(vouched, credential, now=core.clock())


async def judge(core: Core, credential: Credential) -> Vouched:
    """Returns what a credential is worth.

    Asks again when somebody was disconnected meanwhile: the answer may be from before that.

    Raises:
        Unavailable: it cannot be told for now.
    """
    before = core.revocations
    vouched = await core.authenticate(credential)
    for _ in range(JUDGED_AGAIN_MAX):
        if core.revocations == before:
            break
        before = core.revocations
        vouched = await core.authenticate(vouched.again or credential)
    return vouched


def turn_away(connection: Connection, turned_away: NotLetIn) -> None:
    """Closes the connection of a caller that is not let in, saying when to come back."""
    after = turned_away.after_seconds
    after_ms = None if after is None else round(after * 1000)
    connection.close(turned_away.code, turned_away.reason, after_ms=after_ms)


def greet(core: Core, connection: Connection, subscriptions: Sequence[bytes]) -> bytes:
    """Returns the value of a ``hello`` that worked."""
    settings = core.settings
    facts = {
        "connection": name_for(connection.principal, connection.id),
        "ping_ms": round(settings.ping_seconds * 1000),
        "pong_ms": round(settings.pong_seconds * 1000),
        "retry_window_ms": round(settings.retry_window_seconds * 1000),
        "max_bytes": settings.line_max_bytes,
    }
    return frames.greeting(facts, subscriptions)


def begin_talking(core: Core, connection: Connection, begun: Sequence[Subscribed]) -> None:
    """Opens the gate after the greeting: what presence missed, and how the backplane is."""
    connection.is_greeted = True
    connection.forget_handshake()
    for one in begun:
        connection.tell_topic(one.topic, one.missed)
    connection.expire(core.clock(), core.settings)
    if core.hub.degraded:
        connection.tell("status", frames.status(degraded=True))


def _count(core: Core, connection: Connection, caller: UUID) -> None:
    full = core.admission.enter_caller(caller)
    if full is not None:
        raise NotLetIn(
            CloseCode.OVERLOADED, "too many connections", after_seconds=full.after_seconds
        )
    stop_counting(core, connection)  # after a hello that crashed it may have been somebody else's
    connection.counted_as = caller
