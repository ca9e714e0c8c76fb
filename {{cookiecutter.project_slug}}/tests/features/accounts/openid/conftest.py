"""A provider that somebody else wrote (PyPI: oidc-provider-mock), on loopback."""

import warnings
from collections.abc import AsyncIterator
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from quart import Quart
from redis.asyncio import Redis

from app.database import Database
from app.factory import create_app
from app.openid_settings import OpenIdProvider
from app.openid_settings import OpenIdSettings
from app.settings import Settings

with warnings.catch_warnings():
    # Its last version for Python 3.11 takes parts of Authlib from where they used to be.
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User as Account
    from oidc_provider_mock import run_server_in_thread

LIN = {"email": "lin@example.com", "email_verified": True, "name": "Lin"}
ACCOUNTS = [
    Account(sub="lin", claims=LIN),
    Account(sub="other", claims={**LIN, "email": "other@example.com", "name": "Other"}),
    Account(sub="loose", claims={**LIN, "email": "loose@example.com", "email_verified": False}),
    Account(sub="bare", claims={}),
    Account(sub="strong", claims={**LIN, "email": "strong@example.com", "amr": ["pwd", "mfa"]}),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread(user_claims=ACCOUNTS) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provided(settings: Settings, issuer: str) -> Settings:
    """Returns settings with one provider that is there, and one that is not."""
    example, gone = (
        OpenIdProvider(
            name=name,
            label=name.title(),
            issuer=url,
            client_id="client",
            client_secret=SecretStr("secret"),
        )
        for name, url in (("example", issuer), ("gone", "http://127.0.0.1:1"))
    )
    openid = OpenIdSettings.model_construct(providers=(example, gone), timeout_seconds=60.0)
    return settings.model_copy(update={"openid": openid})


@pytest.fixture
async def app(provided: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields the application with these providers."""
    created = create_app(provided)
    async with created.test_app():
        yield created
