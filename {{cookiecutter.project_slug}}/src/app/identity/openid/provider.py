"""One OpenID provider: where its parts are, its keys, and trading a code for what it vouches for.

Addresses and keys are read when they are first needed, kept for an hour, and keys once more when a
token names one that is not known: they are rotated without notice. A provider that is away or slow
is told as ``Unavailable`` within the time limit; nobody who signs in with a password is affected.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jwk import KeySet

from app.errors import Unavailable
from app.identity.openid.claims import Claims
from app.identity.openid.claims import Expected
from app.identity.openid.claims import claims_of
from app.identity.openid.claims import key_id_of
from app.identity.openid.refusals import Refused
from app.openid_settings import OpenIdProvider

KEPT_SECONDS = 3_600.0
# However many unknown keys are named, the provider is asked for its keys no more often.
KEYS_AGAIN_SECONDS = 30.0
DOCUMENT_MAX_BYTES = 256 * 1024
DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

log = structlog.get_logger()


class Provider:
    """The provider that one entry of the settings describes."""

    def __init__(
        self,
        settings: OpenIdProvider,
        *,
        redirect_uri: str,
        timeout_seconds: float,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = settings.name
        self.label = settings.label or settings.name
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._monotonic = monotonic
        self._metadata: dict[str, str] = {}
        self._metadata_at = float("-inf")
        self._keys = KeySet([])
        self._keys_at = float("-inf")

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Returns where to send the browser.

        Raises:
            Unavailable: the provider is away or slow.
        """
        endpoint = (await self._discover())["authorization_endpoint"]
        wished = " ".join(self._settings.second_factor_acr)
        url = prepare_grant_uri(
            endpoint,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope="openid email profile",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **({"acr_values": wished} if wished else {}),
        )
        return str(url)

    def factor_seen(self, claims: Claims) -> str | None:
        """Returns the provider's name if it says, in words that count, that it saw one."""
        by_method = not claims.methods.isdisjoint(self._settings.second_factor_amr)
        return self.name if by_method or claims.level in self._settings.second_factor_acr else None

    async def redeem(self, code: str, *, nonce: str, verifier: str) -> Claims:
        """Trades the code that the browser brought for what the provider says of the person.

        Raises:
            Refused: the code or the token is no good.
            Unavailable: the provider is away or slow.
        """
        endpoint = (await self._discover())["token_endpoint"]
        # Authlib's own client takes `httpx2` where that happens to be installed, whose errors are
        # not httpx's; so it words the request and httpx sends it.
        form = prepare_token_request(
            "authorization_code", redirect_uri=self._redirect_uri, code=code, code_verifier=verifier
        )
        id_and_secret = (
            quote(self._settings.client_id, safe=""),  # RFC 6749 2.3.1
            quote(self._settings.client_secret.get_secret_value(), safe=""),
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self._ask(
            "POST", endpoint, content=form, headers=headers, auth=id_and_secret
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise self._refused("no ID token")
        return await self.judge(token, nonce=nonce)

    async def judge(self, token: str, *, nonce: str) -> Claims:
        """Returns what an ID token vouches for.

        Raises:
            Refused: it is not the provider's, not for us, or not for this sign-in.
            Unavailable: the provider is away or slow.
        """
        settings = self._settings
        try:
            key = await self._key(key_id_of(token, algorithm=settings.algorithm))
            expected = Expected(
                issuer=settings.issuer,
                client_id=settings.client_id,
                nonce=nonce,
                algorithm=settings.algorithm,
                now=self._now(),
            )
            return claims_of(token, key, expected)
        except Refused as error:
            raise self._refused(error.reason) from error

    async def _key(self, key_id: str | None) -> Key:
        age = self._monotonic() - self._keys_at
        found = self._find(key_id)
        if age > KEPT_SECONDS or (found is None and age > KEYS_AGAIN_SECONDS):
            document = await self._ask("GET", (await self._discover())["jwks_uri"])
            self._keys, self._keys_at = _key_set(document), self._monotonic()
            found = self._find(key_id)
        if found is None:
            raise Refused("a key that the provider does not have")
        return found

    def _find(self, key_id: str | None) -> Key | None:
        keys = [key for key in self._keys.keys if key.get("use") in (None, "sig")]
        if key_id is None:  # only where there is no choice
            return keys[0] if len(keys) == 1 else None
        return next((key for key in keys if key.kid == key_id), None)

    async def _discover(self) -> dict[str, str]:
        if self._monotonic() - self._metadata_at < KEPT_SECONDS:
            return self._metadata
        issuer = self._settings.issuer
        document = await self._ask("GET", issuer.rstrip("/") + DISCOVERY)
        if document.get("issuer") != issuer:
            raise self._away(ValueError("the document is of another issuer"))
        found = {name: document.get(name) for name in ENDPOINTS}
        scheme = "https://" if issuer.startswith("https://") else "http"
        if not all(isinstance(url, str) and url.startswith(scheme) for url in found.values()):
            raise self._away(ValueError("an address is missing, or without TLS"))
        self._metadata = {name: str(url) for name, url in found.items()}
        self._metadata_at = self._monotonic()
        return self._metadata

    async def _ask(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        """Returns the JSON object of an answer; 4xx is a refusal, anything else an outage."""
        try:
            async with (
                asyncio.timeout(self._timeout_seconds),
                httpx.AsyncClient(timeout=self._timeout_seconds, trust_env=False) as client,
                client.stream(method, url, **options) as response,
            ):
                body = b""
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > DOCUMENT_MAX_BYTES:
                        raise ValueError("the document is too long")
            if method == "POST" and response.is_client_error:
                raise self._refused(f"code: {response.status_code}")
            response.raise_for_status()
            document = json.loads(body)
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            raise self._away(error) from error
        if not isinstance(document, dict):
            raise self._away(ValueError("the document is no object"))
        return document

    def _refused(self, reason: str) -> Refused:
        log.warning("openid_refused", provider=self.name, reason=reason)
        return Refused(reason)

    def _away(self, error: Exception) -> Unavailable:
        log.warning("openid_provider_away", provider=self.name, reason=repr(error))
        return Unavailable(f"the provider {self.label} is away")


def _key_set(document: dict[str, Any]) -> KeySet:
    keys = []
    for one in document.get("keys", []):
        try:
            keys += KeySet.import_key_set({"keys": [one]}).keys
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # of a kind that we do not know, and so of no use to us
    return KeySet(keys)
