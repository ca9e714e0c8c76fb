"""What the runs of schemathesis stand on leaves other tests what they stand on."""

from app.factory import create_app
from app.web.openapi import description_of
from tests.api.fuzzed import without_limits
from tests.servers import NOWHERE
from tests.servers import plain_settings

SIGN_IN = "/api/v1/accounts/sign-in"


def answers() -> set[str]:
    """Returns the statuses that signing in may have, by a new application's description."""
    described = description_of(create_app(plain_settings(NOWHERE)))
    return set(described["paths"][SIGN_IN]["post"]["responses"])


def test_the_limits_are_off_for_a_while_and_not_for_good() -> None:
    with without_limits(create_app(plain_settings(NOWHERE))):
        assert "429" not in answers()

    assert "429" in answers()
