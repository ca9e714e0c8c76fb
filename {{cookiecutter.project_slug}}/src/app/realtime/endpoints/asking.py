"""Commands that need no connection: asked over a socket or over HTTP, answered alike.

Each returns the value of its result, or why it was refused.
"""

import asyncio
from typing import Any

import msgspec
import structlog

from app.errors import AppError
from app.principal import Principal
from app.realtime.access import FORBIDDEN
from app.realtime.core import Core
from app.realtime.endpoints.asker import Asker
from app.realtime.endpoints.reading_back import history
from app.realtime.methods import Method
from app.realtime.protocol import frames
from app.realtime.protocol.messages import Call
from app.realtime.protocol.messages import History
from app.realtime.protocol.messages import Presence
from app.realtime.protocol.messages import Publish
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import Signal
from app.realtime.protocol.messages import refusal_of
from app.realtime.protocol.nesting import LEVELS_MAX
from app.realtime.protocol.nesting import is_too_deep
from app.realtime.protocol.over_http import Asked
from app.realtime.topics import TopicNamespace

log = structlog.get_logger()

NO_PUBLISHING = Refusal("forbidden", "clients do not publish to this topic")
NO_SIGNALS = Refusal("forbidden", "this topic takes no signals")
NO_PRESENCE = Refusal("invalid", "this topic knows no presence")
TOO_DEEP = Refusal("invalid", f"data has more than {LEVELS_MAX} levels")
NO_METHOD = Refusal("invalid", "there is no such method")
TOO_LATE = Refusal("deadline", "not done in time; whether it took effect is unknown", retry=True)
CRASHED = Refusal("internal", "something went wrong", retry=True)


async def answer(core: Core, asker: Asker, command: Asked) -> bytes | Refusal | None:
    """Runs any of these commands; None for a signal that went out.

    Raises:
        Unavailable: something that the command needs is away.
    """
    match command:
        case Publish():
            return await publish(core, asker, command)
        case Signal():
            return await signal(core, asker, command)
        case Call():
            return await call(core, asker, command)
        case History():
            return await history(core, asker, command)
        case _:
            return await presence(core, asker, command)


async def publish(core: Core, asker: Asker, command: Publish) -> bytes | Refusal:
    """Puts a message on a topic whose namespace lets clients do that."""
    namespace = core.access.namespace(command.topic)
    if namespace is not None and not namespace.publishes:
        return NO_PUBLISHING
    data = bytes(command.data)
    refusal = await _refuse_data(core, asker, command.topic, data, "publish")
    if refusal is not None:
        return refusal
    # A key of a client stands for nothing of anybody else, and for nothing of ours.
    key = f"client:{asker.principal.known_id}:{command.key}" if command.key else None
    return frames.published(await core.publish(command.topic, data, key=key))


async def signal(core: Core, asker: Asker, command: Signal) -> Refusal | None:
    """Tells the subscribers of a topic something that nobody keeps."""
    namespace = core.access.namespace(command.topic)
    if namespace is not None and not namespace.signals:
        return NO_SIGNALS
    data = bytes(command.data)
    refusal = await _refuse_data(core, asker, command.topic, data, "signal")
    if refusal is None:
        sender, key = asker.connection_id, command.key
        await core.backplane.signal(command.topic, data, sender=sender, key=key)
    return refusal


async def presence(core: Core, asker: Asker, command: Presence) -> bytes | Refusal:
    """Tells who is on a topic."""
    refusal = await core.access.refuse(asker.principal, command.topic, "presence")
    namespace = core.access.namespace(command.topic)
    if refusal is not None or namespace is None:
        return refusal or NO_PRESENCE
    if not namespace.presence:
        return NO_PRESENCE
    return frames.snapshot(await core.presence.snapshot(command.topic))


async def call(core: Core, asker: Asker, command: Call) -> bytes | Refusal:
    """Runs a method until its deadline; whatever it fails with becomes the answer."""
    method = core.methods.find(command.method)
    if method is None:
        return NO_METHOD
    if not asker.principal.in_scope(method.scope):
        return FORBIDDEN
    try:
        data = method.decoder.decode(command.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        return Refusal("invalid", str(fault))
    deadline_seconds = core.settings.call_deadline_seconds
    if command.deadline_ms is not None:
        deadline_seconds = command.deadline_ms / 1000
    value = await _run(method, asker.principal, data, deadline_seconds)
    if isinstance(value, bytes) and len(value) > core.settings.frame_max_bytes:
        return Refusal("too_large", f"the result is over {core.settings.frame_max_bytes} bytes")
    return value


async def _run(
    method: Method, who: Principal, data: Any, deadline_seconds: float
) -> bytes | Refusal:
    deadline = asyncio.timeout(deadline_seconds)
    try:
        async with deadline:
            return frames.called(msgspec.json.encode(await method.handler(who, data)))
    except AppError as failure:
        return refusal_of(failure)
    except Exception:
        # A handler may run into a timeout of its own, which is not ours to explain.
        if deadline.expired():
            return TOO_LATE
        log.exception("realtime.call_failed", method=method.name)
        return CRASHED


async def _refuse_data(
    core: Core, asker: Asker, topic: str, data: bytes, action: Any
) -> Refusal | None:
    namespace: TopicNamespace | None = core.access.namespace(topic)
    if namespace is not None and len(data) > namespace.data_max_bytes:
        return Refusal("too_large", f"over the limit of {namespace.data_max_bytes} bytes")
    if is_too_deep(data):
        return TOO_DEEP
    return await core.access.refuse(asker.principal, topic, action)
