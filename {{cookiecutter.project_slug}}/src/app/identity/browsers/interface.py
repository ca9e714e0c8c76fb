"""Flask's ``session``, kept in PostgreSQL instead of in the cookie.

    from quart import session

    session["theme"] = "dark"          # stored with the response, for this browser
    session.pop("draft", None)

The cookie holds only a token. The row is read once a request, through the cache of `Sessions`,
and written only when something changed; ``Vary: Cookie`` is sent only when a view looked inside.
Values may be whatever Flask allows in a session: JSON, and dates, UUIDs, bytes, tuples, markup.
"""

import json
from typing import Any
from typing import cast

import structlog
from quart import Quart
from quart import current_app
from quart import request
from quart import session as flask_session
from quart.sessions import SessionInterface
from quart.sessions import SessionMixin
from quart.wrappers import Response
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.wrappers import Response as WerkzeugResponse

from app.errors import AppError
from app.errors import TooLarge
from app.errors import Unavailable
from app.identity.browsers.devices import describe_device
from app.identity.browsers.session import OPENED
from app.identity.browsers.session import ServerSession
from app.identity.facade import Identity
from app.identity.sessions.record import SessionToken
from app.identity.tokens.bearers import token_in_header

DATA_MAX_BYTES = 16 * 1024
# What never looks at a session should not need PostgreSQL to say who is asking.
SESSIONLESS_PATHS = ("/static/", "/livez", "/readyz", "/favicon.ico", "/problems/")

log = structlog.get_logger()


class ServerSessions(SessionInterface):
    """Loads and stores `ServerSession` for Quart."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> ServerSession:
        """Returns what the browser left here, empty without a good cookie."""
        if request.path.startswith(SESSIONLESS_PATHS):
            return ServerSession()
        if token_in_header(request.headers.get("Authorization")) is not None:
            return ServerSession(may_begin=False)  # whatever cookie comes along counts for nothing
        opened = ServerSession(self._identity.session_at_hand(only_cookie_header(request)))
        if opened.record is None:
            try:
                opened = ServerSession(await self._identity.session(request.cookies))
            except Unavailable as error:
                opened = ServerSession(failure=error)
        cast("dict[str, Any]", request.scope)[OPENED] = opened
        return opened

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Stores what changed, and sets or deletes the cookie; a socket has no ``response``."""
        if not isinstance(session, ServerSession):
            raise TypeError(f"{type(session).__name__} was not opened here")
        if session.modified:
            try:
                await self._store(session, may_begin=session.may_begin and response is not None)
            except AppError:
                session.undo()  # Quart saves once more with the answer that tells of this
                raise
        if response is None:
            return
        if session.touched or session.new_cookie or session.deletes_cookie:
            response.vary.add("Cookie")
        self._write_cookie(session, response)

    async def adopt(self, token: SessionToken | None) -> None:
        """Makes the session of ``token`` that of the current request, or ends it without one."""
        record = await self._identity.sessions.find(token) if token else None
        current_session().replace(token, record)

    async def _store(self, session: ServerSession, *, may_begin: bool) -> None:
        changed, removed = session.changes()
        sent_bytes = len(json.dumps(changed))
        if sent_bytes > DATA_MAX_BYTES:
            raise TooLarge("a session holds no more", limit_bytes=DATA_MAX_BYTES)
        sessions = self._identity.sessions
        if session.record is not None:
            await sessions.store_data(session.record, changed=changed, removed=removed)
        elif may_begin:
            device = describe_device(request.headers.get("User-Agent"))
            session.new_cookie = await sessions.begin(None, device, data=changed)
        else:
            log.warning("session_data_lost", reason="a socket or a token has no cookie")

    def _write_cookie(self, session: ServerSession, response: Response | WerkzeugResponse) -> None:
        identity = self._identity
        if session.new_cookie:
            response.set_cookie(
                identity.cookie_name,
                session.new_cookie,
                max_age=identity.cookie_seconds,
                path="/",
                secure=identity.secure,
                httponly=True,
                samesite="Lax",
            )
        elif session.deletes_cookie:
            response.delete_cookie(
                identity.cookie_name,
                path="/",
                secure=identity.secure,
                httponly=True,
                samesite="Lax",
            )


def only_cookie_header(request: BaseRequestWebsocket) -> str | None:
    """Returns the header ``Cookie`` as it came, None when there are several."""
    sent = request.headers.getlist("Cookie")
    return sent[0] if len(sent) == 1 else None


def keep_sessions_on_the_server(app: Quart, identity: Identity) -> None:
    """Has the application's ``session`` kept here."""
    app.session_interface = ServerSessions(identity)  # type: ignore[assignment]  # typed by its default


def current_session() -> ServerSession:
    """Returns the session of the current request itself, without counting as a look inside."""
    proxy: Any = flask_session  # Quart 0.22 and 0.23 type it differently
    found = proxy._get_current_object()
    if not isinstance(found, ServerSession):
        raise TypeError(f"{type(found).__name__} is not kept on the server")
    return found


async def adopt_session(token: SessionToken | None) -> None:
    """Makes the session of ``token`` that of the current request; None takes the cookie away.

    The cookie goes out with the response, so that only one place knows its attributes.
    """
    interface = current_app.session_interface
    if not isinstance(interface, ServerSessions):
        raise TypeError("the application keeps no sessions on the server")
    await interface.adopt(token)
