"""Tokens of features, each judged by the feature that made it."""

import pytest

from app.identity import Bearer
from app.identity.tokens.bearers import TOKEN_MAX_CHARACTERS
from app.identity.tokens.bearers import Bearers
from app.principal import SYSTEM

ROBOT = Bearer(SYSTEM)


class Judge:
    """Knows one token, and counts how often it is asked."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.times = 0

    async def __call__(self, token: str) -> Bearer | None:
        self.times += 1
        return ROBOT if token == self.token else None


async def test_a_token_is_judged_by_the_one_who_knows_its_beginning() -> None:
    bearers, devices, keys = Bearers(), Judge("dev_1"), Judge("key_1")
    bearers.add("dev_", devices)
    bearers.add("key_", keys)

    assert await bearers.find("dev_1") is ROBOT
    assert await bearers.find("dev_2") is None
    assert (devices.times, keys.times) == (2, 0)


@pytest.mark.parametrize("token", ["", "other", "dev", "dev_" + "x" * TOKEN_MAX_CHARACTERS])
async def test_nobody_is_asked_about_a_token_of_no_kind(token: str) -> None:
    bearers, devices = Bearers(), Judge(token)
    bearers.add("dev_", devices)

    assert await bearers.find(token) is None
    assert devices.times == 0


@pytest.mark.parametrize("prefix", ["", "dev_", "de", "dev_2"])
def test_no_token_has_two_judges(prefix: str) -> None:
    bearers = Bearers()
    bearers.add("dev_", Judge("dev_1"))

    with pytest.raises(ValueError, match="cannot begin"):
        bearers.add(prefix, Judge(""))
