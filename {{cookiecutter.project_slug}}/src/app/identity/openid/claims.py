"""Judging an ID token: one algorithm, every claim required, sixty seconds for wrong clocks.

OpenID Connect Core 3.1.3.7, RFC 8725 (best practices for JWT). What is wrong is told to the log;
the caller hears the same of every forgery.
"""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from app.identity.openid.refusals import Refused

TOKEN_MAX_BYTES = 16 * 1024
SKEW_SECONDS = 60.0
# A token is asked for and judged within seconds; an older one was kept by somebody.
AGE_MAX_SECONDS = 600.0
TEXT_MAX_CHARACTERS = 255
# What a header may say. Keys and addresses of keys in it are the forger's own, RFC 8725 3.10.
HEADERS = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider vouches for: ``subject`` never changes, the address may.

    ``methods`` (amr) and ``level`` (acr) say how it found out who somebody is, in its own words.
    """

    subject: str
    email: str
    email_verified: bool
    name: str
    methods: frozenset[str] = frozenset()
    level: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say to be meant for us, now, and for this one sign-in."""

    issuer: str
    client_id: str
    nonce: str
    algorithm: str
    now: float


def key_id_of(token: str, *, algorithm: str) -> str | None:
    """Returns which key a token claims to be signed with; nothing of it is believed yet.

    Raises:
        Refused: it is no token, or not one with the algorithm that was agreed on.
    """
    if len(token) > TOKEN_MAX_BYTES or token.count(".") != 2 or not token.isascii():
        raise Refused("no compact token of at most 16 KiB")
    header = _json_of(token.partition(".")[0])
    if header.get("alg") != algorithm:
        raise Refused("another algorithm")
    if not set(header) <= HEADERS:
        raise Refused("headers that are not for us")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise Refused("another type of token")
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise Refused("a key id that is no text")
    return key_id


def claims_of(token: str, key: Key, expected: Expected) -> Claims:
    """Returns what a token vouches for.

    Raises:
        Refused: the signature is not the provider's, or a claim is missing or wrong.
    """
    try:
        registry = JWSRegistry(algorithms=[expected.algorithm])
        read = jwt.decode(token, key, algorithms=[expected.algorithm], registry=registry)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refused(f"signature: {type(error).__name__}") from error
    told = read.claims
    if not isinstance(told, dict):
        raise Refused("claims that are no object")
    _check_parties(told, expected)
    _check_times(told, now=expected.now)
    nonce = told.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise Refused("nonce")
    subject = told.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= TEXT_MAX_CHARACTERS:
        raise Refused("sub")
    return Claims(
        subject=subject,
        email=_text(told, "email"),
        email_verified=told.get("email_verified") is True,
        name=_text(told, "name") or _text(told, "preferred_username"),
        methods=_texts(told, "amr"),
        level=_text(told, "acr"),
    )


def _check_parties(told: Mapping[str, Any], expected: Expected) -> None:
    if told.get("iss") != expected.issuer:
        raise Refused("iss")
    # Several audiences would mean several who can pass the token on; we trust none of them.
    if told.get("aud") not in (expected.client_id, [expected.client_id]):
        raise Refused("aud")
    if told.get("azp", expected.client_id) != expected.client_id:
        raise Refused("azp")


def _check_times(told: Mapping[str, Any], *, now: float) -> None:
    ends, begun = _number(told.get("exp")), _number(told.get("iat"))
    not_before = _number(told.get("nbf", 0))
    if ends <= now - SKEW_SECONDS:
        raise Refused("exp")
    if not now - AGE_MAX_SECONDS - SKEW_SECONDS <= begun <= now + SKEW_SECONDS:
        raise Refused("iat")
    if not_before > now + SKEW_SECONDS:
        raise Refused("nbf")


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    raise Refused("a time that is none")


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value[:TEXT_MAX_CHARACTERS] if isinstance(value, str) else ""


def _texts(told: Mapping[str, Any], name: str) -> frozenset[str]:
    value = told.get(name)
    listed = value if isinstance(value, list) else []  # a text is no list of its letters
    return frozenset(one for one in listed if isinstance(one, str))


def _json_of(part: str) -> dict[str, Any]:
    try:
        read = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Refused("a header that cannot be read") from error
    if not isinstance(read, dict):
        raise Refused("a header that is no object")
    return read
