"""The passwords that everybody tries first (ASVS 5.0, 6.2.4)."""

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

from app.errors import Invalid
from app.identity.passwords.common import common
from app.identity.passwords.common import is_common
from app.identity.passwords.common import is_made_of
from app.identity.passwords.common import words_of
from app.identity.passwords.hashing import Passwords
from app.settings import IdentitySettings

THREE_THOUSAND = 3_000
LEAST = IdentitySettings.model_construct().password_min_characters


async def test_the_three_thousand_that_everybody_tries_first_cannot_be_chosen() -> None:
    passwords = Passwords(IdentitySettings.model_construct())
    long_enough = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= LEAST]
    tried = [*FREQUENCY_LISTS["passwords"][:THREE_THOUSAND], *long_enough[:THREE_THOUSAND]]
    assert len(long_enough) >= THREE_THOUSAND

    for password in tried:
        with pytest.raises(Invalid):
            await passwords.check(password)
    passwords.close()


def test_more_than_three_thousand_are_known_that_are_long_enough() -> None:
    assert len(common()) == 11_611


@pytest.mark.parametrize("password", ["Password1", "PASSWORD1", "password1", "trustno1"])
def test_capitals_do_not_make_a_common_password_rare(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["harbour-lights", "correct horse battery staple"])
def test_what_few_people_use_is_let_through(password: str) -> None:
    assert not is_common(password)


@pytest.mark.parametrize(
    "password", ["harbour2026!", "Harbour-Live-1", "acmeHARBOUR", "9harbour_live9abc"]
)
async def test_words_of_the_service_with_numbers_and_signs_cannot_be_chosen(password: str) -> None:
    settings = IdentitySettings.model_construct(password_words="Acme, Quay")
    named, other = Passwords(settings, name="Harbour Live"), Passwords(settings)

    with pytest.raises(Invalid):
        await named.check(password)
    if "acme" not in password:
        await other.check(password)
    named.close()
    other.close()


def test_a_password_with_something_of_one_s_own_may_have_such_words() -> None:
    words = words_of("Harbour Live 24 of us")

    assert words == {"harbour", "live"}
    assert not is_made_of("harbour seven gulls", words)
    assert not is_made_of("12345678", words)
    assert not is_made_of("harbour2026", words_of(""))
