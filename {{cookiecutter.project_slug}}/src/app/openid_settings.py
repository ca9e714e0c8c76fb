"""Settings of the providers that people may sign in with."""

import json
from typing import Annotated
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr
from pydantic import field_validator
from pydantic_settings import NoDecode
from pydantic_settings import SettingsConfigDict

from app.setting_sources import Group

# A password by itself (RFC 8176), and the level of no confidence at all (OpenID Connect Core 2).
NO_SECOND_FACTORS = frozenset({"pwd", "0", ""})


class OpenIdProvider(BaseModel):
    """A provider that people may sign in with; ``name`` is part of addresses.

    ``second_factor_amr`` and ``second_factor_acr`` name the values of these claims by which the
    provider says that it saw a second factor: one of them is enough, and none is believed unasked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    label: str = Field(default="", max_length=40)
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1, max_length=255)
    client_secret: SecretStr
    algorithm: Literal["RS256", "PS256", "ES256"] = "RS256"
    second_factor_amr: tuple[str, ...] = ()
    second_factor_acr: tuple[str, ...] = ()

    @field_validator("second_factor_amr", "second_factor_acr")
    @classmethod
    def _stands_for_a_second_factor(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not NO_SECOND_FACTORS.isdisjoint(value):
            raise ValueError("a password alone, or nothing at all, is no second factor")
        return value

    @property
    def vouches_for_factors(self) -> bool:
        """Whether a second factor at this provider counts here at all."""
        return bool(self.second_factor_amr or self.second_factor_acr)


class OpenIdSettings(Group):
    """Signing in with accounts elsewhere; a JSON list of providers, none by default."""

    model_config = SettingsConfigDict(env_prefix="OPENID_")

    providers: Annotated[tuple[OpenIdProvider, ...], NoDecode] = Field(default_factory=tuple)
    timeout_seconds: float = 5.0

    @field_validator("providers", mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"this is no JSON: {error}") from None

    @field_validator("providers")
    @classmethod
    def _names_are_their_own(cls, value: tuple[OpenIdProvider, ...]) -> tuple[OpenIdProvider, ...]:
        if len({one.name for one in value}) < len(value):
            raise ValueError("two providers in OPENID_PROVIDERS have the same name")
        return value
