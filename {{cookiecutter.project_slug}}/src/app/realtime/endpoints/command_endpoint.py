"""``/realtime/commands``: one command as a request, for those who have no socket.

It runs in the process where it lands and gets the reply that a socket would get. The status says
the same as the code of an error, for proxies and monitors; clients read the reply.
"""

import asyncio

import structlog

from app.errors import AppError
from app.errors import Unavailable
from app.principal import Principal
from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.asgi import header
from app.realtime.connections.callers import Caller
from app.realtime.core import Core
from app.realtime.credentials import credential_of
from app.realtime.endpoints.asker import Asker
from app.realtime.endpoints.asking import CRASHED
from app.realtime.endpoints.asking import answer
from app.realtime.endpoints.greeting import judge
from app.realtime.endpoints.handshake import WRONG_ORIGIN
from app.realtime.endpoints.handshake import Denial
from app.realtime.endpoints.handshake import is_foreign_command
from app.realtime.endpoints.own_connection import id_of_own
from app.realtime.endpoints.rates import spend
from app.realtime.endpoints.refusing import refuse_request
from app.realtime.endpoints.replying import send_reply
from app.realtime.endpoints.request_body import BodyTooLarge
from app.realtime.endpoints.request_body import ClientGone
from app.realtime.endpoints.request_body import read_body
from app.realtime.endpoints.request_body import until_gone
from app.realtime.protocol.messages import Call
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import refusal_of
from app.realtime.protocol.over_http import Asked
from app.realtime.protocol.over_http import OverHttp
from app.realtime.protocol.over_http import read_over_http

log = structlog.get_logger()

BUSY_SECONDS = 1.0
LENGTH_MAX_DIGITS = 9  # servers hand on nothing but digits
NOT_POST = Denial(405, "A command is sent with POST.", "method", allow=b"POST")
NOT_JSON = Denial(415, "Send application/json, uncompressed.", "media_type")
BUSY = Denial(503, "No room for now.", "commands", BUSY_SECONDS)
NO_SESSION = Denial(401, "Sign in first.", "unauthenticated")
TOO_LARGE = Denial(413, "That is too much for one command.", "too_large")
TOO_SLOW = Denial(408, "The command took too long to arrive.", "timeout")
NO_COMMAND = Denial(400, "This is no command.", "bad_frame")
NOT_YOURS = Refusal("invalid", "connection is not one of this session")


async def serve_command(core: Core, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one request."""
    denial = _judge(core, scope)
    if denial is not None:
        await _refuse(core, send, denial)
        return
    core.callers.running += 1
    try:
        await _serve(core, scope, receive, send)
    except Unavailable as failure:
        log.warning("realtime.authenticate_unavailable", detail=failure.detail)
        after_seconds = failure.after_seconds
        await _refuse(core, send, Denial(503, BUSY.title, "unavailable", after_seconds))
    except BodyTooLarge:
        await _refuse(core, send, TOO_LARGE)
    except TimeoutError:
        await _refuse(core, send, TOO_SLOW)
    except ClientGone:
        log.debug("realtime.command_given_up")
    finally:
        core.callers.running -= 1


async def _refuse(core: Core, send: Send, denial: Denial) -> None:
    core.meters.refused_command(denial.reason)
    await refuse_request(send, denial)


def _judge(core: Core, scope: Scope) -> Denial | None:
    if scope["method"] != "POST":
        return NOT_POST
    if is_foreign_command(scope, core.origins):
        return WRONG_ORIGIN
    media_type = (header(scope, b"content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json" or header(scope, b"content-encoding") is not None:
        return NOT_JSON
    length = header(scope, b"content-length") or "0"
    if len(length) > LENGTH_MAX_DIGITS or int(length) > core.settings.line_max_bytes:
        return TOO_LARGE
    if core.is_draining or core.callers.running >= core.settings.commands_at_once:
        return BUSY
    return None


async def _serve(core: Core, scope: Scope, receive: Receive, send: Send) -> None:
    vouched = await judge(core, credential_of(scope))
    who = vouched.principal
    if not who.is_known:
        await _refuse(core, send, NO_SESSION)
        return
    settings = core.settings
    body = await read_body(
        receive,
        max_bytes=settings.line_max_bytes,
        deadline_seconds=settings.hello_deadline_seconds,
    )
    core.meters.messages_in += 1
    said = read_over_http(body)
    if said is None:
        await _refuse(core, send, NO_COMMAND)
        return
    outcome = await _outcome(core, who, said, len(body), receive)
    await send_reply(send, said.id, outcome)


async def _outcome(
    core: Core, who: Principal, said: OverHttp, size_bytes: int, receive: Receive
) -> bytes | Refusal | None:
    limits = core.inbound.get(who.kind)
    caller = core.callers.find(who.known_id, limits, now=core.clock())
    refusal = spend(core, caller.rate, size_bytes=size_bytes, namespace=said.namespace)
    if refusal is not None:
        return refusal
    if isinstance(said.command, Refusal):
        return said.command
    if caller.running >= core.settings.calls_per_connection:
        return Refusal("rate_limited", "too many run already", True, round(BUSY_SECONDS * 1000))
    connection_id = None
    if said.connection is not None:
        connection_id = id_of_own(who, said.connection)
        if connection_id is None:
            return NOT_YOURS
    return await _run(core, Asker(who, connection_id), said.command, caller, receive)


async def _run(
    core: Core, asker: Asker, command: Asked, caller: Caller, receive: Receive
) -> bytes | Refusal | None:
    caller.running += 1
    try:
        if not isinstance(command, Call):
            return await answer(core, asker, command)
        return await _while_there(core, asker, command, receive)
    except AppError as failure:
        return refusal_of(failure)
    except ClientGone:
        raise
    except Exception:
        log.exception("realtime.command_failed", command=type(command).__name__)
        return CRASHED
    finally:
        caller.running -= 1


async def _while_there(
    core: Core, asker: Asker, command: Call, receive: Receive
) -> bytes | Refusal | None:
    """Runs a call until it is done or nobody waits for it."""
    working = asyncio.create_task(answer(core, asker, command), name="call over HTTP")
    waiting = asyncio.create_task(until_gone(receive), name="caller over HTTP")
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return await working
    finally:
        working.cancel()
        waiting.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
