"""Flask's ``session``, kept in PostgreSQL instead of in the cookie.

    from quart import session

    session["theme"] = "dark"          # stored with the response, for this browser
    session.pop("draft", None)

The cookie holds only a token. The row is read once a request, through the cache of `Sessions`,
and written only when something changed; ``Vary: Cookie`` is sent only when a view looked inside.
Values may be whatever Flask allows in a session: JSON, and dates, UUIDs, bytes, tuples, markup.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import structlog
from pydantic import JsonValue
from quart import Quart
from quart import current_app
from quart import request
from quart import session as flask_session
from quart.sessions import SessionInterface
from quart.sessions import SessionMixin
from quart.sessions import session_json_serializer
from quart.wrappers import Response
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.wrappers import Response as WerkzeugResponse

from app.errors import AppError
from app.errors import TooLarge
from app.errors import Unavailable
from app.identity.devices import describe_device
from app.identity.facade import Identity
from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionToken

DATA_MAX_BYTES = 16 * 1024
# What never looks at a session should not need PostgreSQL to say who is asking.
SESSIONLESS_PATHS = ("/static/", "/livez", "/readyz", "/favicon.ico", "/problems/")

log = structlog.get_logger()


class ServerSession(SessionMixin):
    """What one browser left here, as a dictionary.

    Reading it or changing it raises `app.errors.Unavailable` when it could not be loaded: an empty
    dictionary would say that the browser left nothing.
    """

    def __init__(
        self, record: SessionRecord | None = None, *, failure: Unavailable | None = None
    ) -> None:
        self.record = record
        self.touched = False
        self.new_cookie: SessionToken | None = None
        self.deletes_cookie = False
        self._failure = failure
        self._adopt(record)

    def _adopt(self, record: SessionRecord | None) -> None:
        self.record = record
        stored = record.data if record else {}
        self._values: dict[str, Any] = {key: _decode(value) for key, value in stored.items()}
        self._stored = deepcopy(self._values)

    def replace(self, token: SessionToken | None, record: SessionRecord | None) -> None:
        """Puts another session in this one's place; its cookie goes out with the response."""
        self._failure = None
        self.new_cookie, self.deletes_cookie = token, token is None
        self._adopt(record)

    def changes(self) -> tuple[dict[str, JsonValue], list[str]]:
        """Returns the keys with new values, and the keys that went; nested changes count too."""
        missing = object()
        changed = {
            key: _encode(value)
            for key, value in self._values.items()
            if self._stored.get(key, missing) != value
        }
        return changed, [key for key in self._stored if key not in self._values]

    def undo(self) -> None:
        """Forgets the changes that were not stored."""
        self._values = deepcopy(self._stored)

    @property
    def modified(self) -> bool:
        """Whether anything needs storing."""
        return self._values != self._stored

    @modified.setter
    def modified(self, value: bool) -> None:
        # Flask's way to announce a nested change; here such changes are found by themselves.
        pass

    def _opened(self) -> dict[str, Any]:
        self.touched = True
        if self._failure:
            raise self._failure
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self._opened()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._opened()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._opened()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened())

    def __len__(self) -> int:
        return len(self._opened())


class ServerSessions(SessionInterface):
    """Loads and stores `ServerSession` for Quart."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> ServerSession:
        """Returns what the browser left here, empty without a good cookie."""
        if request.path.startswith(SESSIONLESS_PATHS):
            return ServerSession()
        try:
            return ServerSession(await self._identity.session(request.cookies))
        except Unavailable as error:
            return ServerSession(failure=error)

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Stores what changed, and sets or deletes the cookie; a socket has no ``response``."""
        if not isinstance(session, ServerSession):
            raise TypeError(f"{type(session).__name__} was not opened here")
        if session.modified:
            try:
                await self._store(session, may_begin=response is not None)
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
            log.warning("session_data_lost", reason="a socket cannot set the first cookie")

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


def _encode(value: Any) -> JsonValue:
    encoded: JsonValue = json.loads(session_json_serializer.dumps(value))
    return encoded


def _decode(value: JsonValue) -> Any:
    return session_json_serializer.loads(json.dumps(value))
