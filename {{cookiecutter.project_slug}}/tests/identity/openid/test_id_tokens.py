"""W12: forgeries of ID tokens, each refused with the same words, and what a provider may do."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from app.errors import Unavailable
from app.identity.openid import Provider
from app.identity.openid import Refused
from app.identity.openid.provider import KEYS_AGAIN_SECONDS
from app.openid_settings import OpenIdProvider
from tests.identity.openid.signing import CLIENT
from tests.identity.openid.signing import NONCE
from tests.identity.openid.signing import Issuer
from tests.identity.openid.signing import issuing

NOW = int(time.time())
FORGERS_KEY = RSAKey.generate_key(2048)


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(issuer: Issuer, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'kid': 'first'})}.{part(issuer.claims())}."


def signed_with_public_key(issuer: Issuer) -> str:
    signed = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(issuer.claims())}"
    mac = hmac.digest(issuer.keys["first"].as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def by_somebody_else(issuer: Issuer, **header: Any) -> str:
    head = {"alg": "RS256", "kid": "first", **header}
    return str(jwt.encode(head, issuer.claims(), FORGERS_KEY))


def with_own_key(issuer: Issuer) -> str:
    head = {"alg": "RS256", "kid": "first", "jwk": FORGERS_KEY.as_dict(private=False)}
    signed = by_somebody_else(issuer).split(".")
    return ".".join((part(head), *signed[1:]))


def altered(issuer: Issuer) -> str:
    head, _, signature = issuer.sign(issuer.claims()).split(".")
    return f"{head}.{part(issuer.claims(sub='8'))}.{signature}"


def other(**changed: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.sign(issuer.claims(**changed))


def head(**changed: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.sign(issuer.claims(), **changed)


FORGERIES: dict[str, Callable[[Issuer], str]] = {
    "unsigned": lambda issuer: unsigned(issuer, "none"),
    "unsigned in capitals": lambda issuer: unsigned(issuer, "None"),
    "no signature": lambda issuer: unsigned(issuer, "RS256"),
    "public key as a secret": signed_with_public_key,
    "somebody else's key": by_somebody_else,
    "a key in the header": with_own_key,
    "another algorithm of the same key": head(alg="PS256"),
    "a stronger algorithm that was not agreed on": head(alg="RS512"),
    "altered claims": altered,
    "a key id that is a path": lambda issuer: by_somebody_else(issuer, kid="../../dev/null"),
    "a key id that is SQL": lambda issuer: by_somebody_else(issuer, kid="' OR 1=1 --"),
    "an access token": head(typ="at+jwt"),
    "a logout token": head(typ="logout+jwt"),
    "another issuer": other(iss="https://evil.example"),
    "no issuer": other(iss=None),
    "another audience": other(aud="their-client"),
    "one more audience": other(aud=[CLIENT, "their-client"]),
    "no audience": other(aud=None),
    "for another party": other(azp="their-client"),
    "expired": other(exp=NOW - 61),
    "without an end": other(exp=None),
    "an end that is text": other(exp="never"),
    "not yet good": other(nbf=NOW + 86_400),
    "from the future": other(iat=NOW + 86_400),
    "kept for a day": other(iat=NOW - 86_400),
    "another nonce": other(nonce="of another sign-in"),
    "no nonce": other(nonce=None),
    "no subject": other(sub=None),
    "a subject that is a number": other(sub=7),
    "huge": other(name="x" * 20_000),
    "no token at all": lambda issuer: "no.token.at-all",
    "a part too many": lambda issuer: issuer.sign(issuer.claims()) + ".x",
    "empty": lambda issuer: "",
}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as opened:
        yield opened


@pytest.fixture
def provider(issuer: Issuer) -> Provider:
    return issuer.provider()


async def test_a_good_token_vouches_for_a_person(issuer: Issuer, provider: Provider) -> None:
    claims = await provider.judge(issuer.sign(issuer.claims()), nonce=NONCE)

    assert (claims.subject, claims.email, claims.name) == ("7", "ada@example.com", "Ada")
    assert claims.email_verified


@pytest.mark.parametrize(
    ("said", "is_seen"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "urn:gold"}, True),
        ({"amr": ["pwd"], "acr": "urn:bronze"}, False),
        ({"amr": "mfa"}, False),  # no list
        ({"amr": [["mfa"], {"mfa": 1}, 1, None]}, False),
        ({"acr": ["urn:gold"]}, False),
        ({}, False),
    ],
)
async def test_a_second_factor_is_seen_by_the_words_that_the_settings_name(
    issuer: Issuer, provider: Provider, said: dict[str, Any], is_seen: bool
) -> None:
    words = {"second_factor_amr": ("mfa",), "second_factor_acr": ("urn:silver", "urn:gold")}
    told = issuer.provider(words=words)

    claims = await told.judge(issuer.sign(issuer.claims(**said)), nonce=NONCE)

    assert told.factor_seen(claims) == ("test" if is_seen else None)
    assert provider.factor_seen(claims) is None  # whose settings name none
    asked = await told.authorization_url(state="s", nonce="n", verifier="v" * 43)
    assert parse_qs(urlsplit(asked).query)["acr_values"] == ["urn:silver urn:gold"]


@pytest.mark.parametrize("word", ["pwd", "0", ""])
def test_a_password_alone_cannot_be_named_as_a_second_factor(word: str) -> None:
    entry = {"name": "a", "issuer": "https://a.example", "client_id": "c", "client_secret": "s"}

    with pytest.raises(ValueError, match="is no second factor"):
        OpenIdProvider.model_validate({**entry, "second_factor_amr": ["mfa", word]})


def test_there_are_enough_forgeries() -> None:
    assert len(FORGERIES) >= 25


@pytest.mark.parametrize("name", sorted(FORGERIES))
async def test_a_forgery_is_refused_in_the_words_of_every_other_one(
    issuer: Issuer, provider: Provider, name: str
) -> None:
    await provider.judge(issuer.sign(issuer.claims()), nonce=NONCE)  # the keys are known
    forged = FORGERIES[name](issuer)
    asked = list(issuer.asked)

    with pytest.raises(Refused) as refusal:
        await provider.judge(forged, nonce=NONCE)

    assert refusal.value.detail == "the answer of the provider cannot be trusted"
    assert issuer.asked == asked  # nobody is asked again and waited for


async def test_a_reader_that_checks_only_the_signature_takes_what_we_refuse(
    issuer: Issuer,
) -> None:
    taken = []
    for name, forge in FORGERIES.items():
        try:
            jwt.decode(forge(issuer), issuer.keys["first"], algorithms=["RS256", "PS256"])
            taken.append(name)
        except Exception:  # it refuses some too
            continue

    assert len(taken) > 12


@pytest.mark.parametrize("skew", [-45, 59])  # what has ended gets older while a slow machine looks
async def test_a_clock_may_be_wrong_by_a_minute(
    issuer: Issuer, provider: Provider, skew: int
) -> None:
    now = int(time.time())
    told = issuer.claims(iat=now + skew, nbf=now + skew, exp=now + min(skew, 0) + 1)

    assert await provider.judge(issuer.sign(told), nonce=NONCE)


async def test_rotated_keys_are_found_and_unknown_ones_do_not_make_us_ask_again_and_again(
    issuer: Issuer,
) -> None:
    passed = 0.0
    provider = issuer.provider(monotonic=lambda: passed)
    await provider.judge(issuer.sign(issuer.claims()), nonce=NONCE)
    issuer.keys = {"second": RSAKey.generate_key(2048)}
    token = issuer.sign(issuer.claims(), key="second")

    for _ in range(5):
        with pytest.raises(Refused):
            await provider.judge(token, nonce=NONCE)
    passed = KEYS_AGAIN_SECONDS + 1
    again = await provider.judge(token, nonce=NONCE)

    assert again.subject == "7"
    assert issuer.asked.count("/keys") == 2


@pytest.mark.parametrize("fault", ["is_slow", "is_down"])
async def test_a_provider_that_is_of_no_use_is_told_as_away(issuer: Issuer, fault: str) -> None:
    setattr(issuer, fault, True)

    with pytest.raises(Unavailable):
        provider = issuer.provider(timeout_seconds=0.5)
        async with asyncio.timeout(60):
            await provider.judge(issuer.sign(issuer.claims()), nonce=NONCE)


async def test_a_document_of_another_issuer_is_not_believed(issuer: Issuer) -> None:
    provider = issuer.provider()
    token = issuer.sign(issuer.claims())
    issuer.url = "http://127.0.0.1:1"

    with pytest.raises(Unavailable):
        await provider.judge(token, nonce=NONCE)
