"""A provider of one test's own: it signs what it is told to, and serves its keys over HTTP."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field
from types import MappingProxyType
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from app.identity.openid import Provider
from app.openid_settings import OpenIdProvider

NONCE = "the nonce of this sign-in"
CLIENT = "our-client"


@dataclass
class Issuer:
    """Answers ``GET`` for its two documents; ``is_slow`` and ``is_down`` make it useless."""

    url: str = ""
    keys: dict[str, RSAKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_slow: bool = False
    is_down: bool = False

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Returns what a good token says; None takes a claim out."""
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "7",
            "nonce": NONCE,
            "iat": now,
            "exp": now + 300,
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada",
            **changed,
        }
        return {name: value for name, value in told.items() if value is not None}

    def sign(self, claims: dict[str, Any], *, key: str = "first", **header: Any) -> str:
        """Returns a token."""
        head = {"alg": "RS256", "kid": key, "typ": "JWT", **header}
        head = {name: value for name, value in head.items() if value is not None}
        return str(jwt.encode(head, claims, self.keys[key], algorithms=["RS256", "RS512", "PS256"]))

    def provider(
        self,
        *,
        timeout_seconds: float = 5.0,
        words: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        **options: Any,
    ) -> Provider:
        """Returns our side of it; ``words`` are those for a second factor."""
        settings = OpenIdProvider(
            name="test",
            issuer=self.url,
            client_id=CLIENT,
            client_secret=SecretStr("secret"),
            second_factor_amr=words.get("second_factor_amr", ()),
            second_factor_acr=words.get("second_factor_acr", ()),
        )
        return Provider(
            settings,
            redirect_uri="http://127.0.0.1/back",
            timeout_seconds=timeout_seconds,
            **options,
        )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one request."""
        path = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        self.asked.append(path)
        if self.is_slow:
            await reader.read()  # until the client gives up
        elif self.is_down:
            writer.write(b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            body = json.dumps(self._document(path)).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
        writer.close()

    def _document(self, path: str) -> dict[str, Any]:
        if path == "/keys":
            return {
                "keys": [
                    {**key.as_dict(private=False), "kid": name, "use": "sig"}
                    for name, key in self.keys.items()
                ]
            }
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """Yields an issuer that listens, with one key."""
    issuer = Issuer(keys={"first": RSAKey.generate_key(2048)})
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield issuer
