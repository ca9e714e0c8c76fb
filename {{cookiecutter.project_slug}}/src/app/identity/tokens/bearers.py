"""Callers that send ``Authorization: Bearer``: features say which tokens they vouch for.

    async def verify(token: str) -> Bearer | None: ...

    resources.identity.bearers.add("dev_", verify)

The beginning of a token says whose it is, so one verifier is asked and no other: a token of one
kind can never pass as one of another. API tokens are added by the feature accounts.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.principal import Principal

TOKEN_MAX_CHARACTERS = 4_096


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for, and until when; without an end until it is revoked."""

    principal: Principal
    expires_at: datetime | None = None


BEARER = "bearer "

Verify = Callable[[str], Awaitable[Bearer | None]]


def token_in_header(authorization: str | None) -> str | None:
    """Returns the token in the header ``Authorization``, None when it brings something else."""
    if authorization is None or not authorization.lower().startswith(BEARER):
        return None
    return authorization[len(BEARER) :].strip()


class Bearers:
    """The kinds of tokens by what they begin with."""

    def __init__(self) -> None:
        self._kinds: dict[str, Verify] = {}

    def add(self, prefix: str, verify: Verify) -> None:
        """Has tokens that begin with ``prefix`` judged by ``verify``, which returns None for no.

        Raises:
            ValueError: some tokens would have two judges, or all of them this one.
        """
        if not prefix or any(
            prefix.startswith(other) or other.startswith(prefix) for other in self._kinds
        ):
            raise ValueError(
                f"tokens cannot begin with {prefix!r}: not with nothing, and not twice"
            )
        self._kinds[prefix] = verify

    async def find(self, token: str) -> Bearer | None:
        """Returns whom a token stands for, None for a stranger.

        Raises:
            Unavailable: what the verifier asks is away.
        """
        if len(token) > TOKEN_MAX_CHARACTERS:
            return None
        for prefix, verify in self._kinds.items():
            if token.startswith(prefix):
                return await verify(token)
        return None
