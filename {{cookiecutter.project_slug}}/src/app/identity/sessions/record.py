"""What the service knows of a session, and the secret that its browser holds."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from pydantic import JsonValue

from app.principal import Principal
from app.principal import SessionId

SessionToken = NewType("SessionToken", str)

TOKEN_BYTES = 32
TOKEN_CHARACTERS = 43


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session that is good now; ``principal`` is anonymous when it is a mere visitor's."""

    id: SessionId
    principal: Principal
    data: Mapping[str, JsonValue]
    begun_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session as its owner sees it in a list."""

    id: SessionId
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


def new_token() -> SessionToken:
    """Returns 256 random bits in the characters that a cookie may have."""
    return SessionToken(secrets.token_urlsafe(TOKEN_BYTES))


def token_hash(token: SessionToken) -> bytes:
    """Returns what is stored of a token; a fast hash does, for there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()


def token_in(cookie: str | None) -> SessionToken | None:
    """Returns the token in a cookie's value, or None when it cannot be one of ours."""
    if cookie is None or len(cookie) != TOKEN_CHARACTERS or not cookie.isascii():
        return None
    return SessionToken(cookie)
