from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from app.database import Database
from app.errors import Conflict
from app.errors import Invalid
from app.errors import Unauthenticated
from app.identity import Identity
from app.identity import users
from app.principal import ANONYMOUS
from app.settings import IdentitySettings

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def identity(database: Database) -> AsyncIterator[Identity]:
    made = Identity(IdentitySettings.model_construct(), database, secure=True)
    yield made
    made.close()


async def test_a_person_signs_in_with_the_password_of_their_choice(identity: Identity) -> None:
    ada = await identity.create_user("ada@example.com", "Ada", PASSWORD)

    assert await identity.authenticate("ADA@example.com", PASSWORD) == ada


async def test_a_wrong_password_and_a_wrong_address_get_the_same_answer(
    identity: Identity,
) -> None:
    await identity.create_user("ada@example.com", "Ada", PASSWORD)

    with pytest.raises(Unauthenticated) as wrong_password:
        await identity.authenticate("ada@example.com", "something else")
    with pytest.raises(Unauthenticated) as wrong_address:
        await identity.authenticate("eve@example.com", PASSWORD)

    assert wrong_password.value.detail == wrong_address.value.detail


async def test_all_that_is_wrong_with_a_new_account_is_told_at_once(identity: Identity) -> None:
    with pytest.raises(Invalid) as refusal:
        await identity.create_user("ada", " ", "short")

    assert set(refusal.value.fields) == {"email", "name", "password"}


async def test_an_address_that_is_taken_is_a_conflict(identity: Identity) -> None:
    await identity.create_user("ada@example.com", "Ada", PASSWORD)

    with pytest.raises(Conflict):
        await identity.create_user("ada@example.com", "Another", PASSWORD)


async def test_an_old_hash_is_replaced_when_its_owner_signs_in(
    identity: Identity, database: Database
) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(PASSWORD)
    async with database.transaction() as work:
        ada = await users.create_user(
            work, email="ada@example.com", name="Ada", password_hash=weaker
        )

    await identity.authenticate("ada@example.com", PASSWORD)

    async with database.reading() as session:
        credentials = await users.find_credentials(session, ada.email)
    assert credentials is not None
    assert not identity.passwords.needs_rehash(credentials.password_hash)
    assert await identity.authenticate("ada@example.com", PASSWORD) == ada


async def test_a_new_password_ends_all_sessions(identity: Identity) -> None:
    ada = await identity.create_user("ada@example.com", "Ada", PASSWORD)
    cookies = {identity.cookie_name: await identity.sessions.begin(ada, "Firefox on Linux")}
    assert (await identity.principal(cookies)).user_id == ada.id

    await identity.set_password(ada.id, "another good one")

    assert await identity.principal(cookies) == ANONYMOUS
    assert await identity.authenticate("ada@example.com", "another good one") == ada


@pytest.mark.parametrize("cookie", [None, "", "x", "é" * 43, "x" * 43, "x" * 44, "x" * 10_000])
async def test_a_cookie_that_is_no_session_belongs_to_nobody(
    identity: Identity, cookie: str | None
) -> None:
    cookies = {} if cookie is None else {identity.cookie_name: cookie}

    assert await identity.principal(cookies) == ANONYMOUS


async def test_the_cookie_has_the_name_that_its_transport_allows(database: Database) -> None:
    settings = IdentitySettings.model_construct()

    assert Identity(settings, database, secure=True).cookie_name == "__Host-session"
    assert Identity(settings, database, secure=False).cookie_name == "session"


async def test_what_another_process_ended_is_forgotten_before_the_cache_would(
    database: Database,
) -> None:
    here, elsewhere = (
        Identity(IdentitySettings.model_construct(), database, secure=True) for _ in range(2)
    )
    ada = await here.create_user("ada@example.com", "Ada", PASSWORD)
    both = [{here.cookie_name: await here.sessions.begin(ada, "test")} for _ in range(2)]
    callers = [await elsewhere.principal(cookies) for cookies in both]
    assert [caller.user_id for caller in callers] == [ada.id, ada.id]
    await here.sessions.endings.revoke_all(ada.id)

    elsewhere.forget(session=callers[0].session_id)
    first = [(await elsewhere.principal(cookies)).is_signed_in for cookies in both]
    elsewhere.forget(user=ada.id)
    then = [(await elsewhere.principal(cookies)).is_signed_in for cookies in both]

    assert (first, then) == ([False, True], [False, False])
    here.close()
    elsewhere.close()
