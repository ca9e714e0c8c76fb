"""What one browser left here: Flask's ``session`` as the view of a request sees it."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from typing import cast

from pydantic import JsonValue
from quart.sessions import SessionMixin
from quart.sessions import session_json_serializer
from quart.wrappers.base import BaseRequestWebsocket

from app.errors import Unavailable
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import SessionToken
from app.principal import ANONYMOUS
from app.principal import Principal

OPENED = "app.session"


class ServerSession(SessionMixin):
    """What one browser left here, as a dictionary.

    Reading it or changing it raises `app.errors.Unavailable` when it could not be loaded: an empty
    dictionary would say that the browser left nothing.
    """

    def __init__(
        self,
        record: SessionRecord | None = None,
        *,
        failure: Unavailable | None = None,
        may_begin: bool = True,
    ) -> None:
        self.may_begin = may_begin
        self.touched = False
        self.new_cookie: SessionToken | None = None
        self.deletes_cookie = False
        self._failure = failure
        self._adopt(record)

    def _adopt(self, record: SessionRecord | None) -> None:
        self.record = record
        self._values: dict[str, Any] = {}
        self._stored: dict[str, Any] = {}
        if record is not None and record.data:
            self._values = {key: _decode(value) for key, value in record.data.items()}
            self._stored = deepcopy(self._values)

    @property
    def principal(self) -> Principal:
        """Who is calling; anonymous without a session.

        Raises:
            Unavailable: it could not be loaded, and the caller may well be signed in.
        """
        if self._failure:
            raise self._failure
        return self.record.principal if self.record else ANONYMOUS

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


def session_opened_for(call: BaseRequestWebsocket) -> ServerSession | None:
    """Returns the session that the cookies of a call stood for when it came, if one was looked up.

    So who is calling needs no second look.
    """
    return cast("ServerSession | None", call.scope.get(OPENED))


def _encode(value: Any) -> JsonValue:
    encoded: JsonValue = json.loads(session_json_serializer.dumps(value))
    return encoded


def _decode(value: JsonValue) -> Any:
    return session_json_serializer.loads(json.dumps(value))
