from uuid import uuid4

import pytest
from sqlalchemy import update

from app.database import Database
from app.errors import Conflict
from app.errors import Invalid
from app.identity import User
from app.identity import users
from app.identity.tables import UserRow
from app.principal import UserId


async def add(database: Database, email: str, name: str = "Ada") -> User:
    async with database.transaction() as work:
        return await users.create_user(work, email=email, name=name, password_hash="none")


async def test_an_address_belongs_to_one_person_in_whatever_case(database: Database) -> None:
    await add(database, "Ada@Example.com")

    with pytest.raises(Conflict):
        await add(database, "ada@example.COM")

    await add(database, "grace@example.com")


async def test_a_person_is_found_by_their_address_in_whatever_case(database: Database) -> None:
    ada = await add(database, "Ada@Example.com")

    async with database.reading() as session:
        found = await users.find_credentials(session, " ADA@example.com ")

    assert found is not None
    assert found.user == ada
    assert found.user.email == "Ada@Example.com"


async def test_a_disabled_person_cannot_be_found_but_has_a_name(database: Database) -> None:
    ada = await add(database, "ada@example.com")
    async with database.reading() as session:
        assert await users.find_user(session, ada.id) == ada
    async with database.transaction() as work:
        await work.session.execute(update(UserRow).values(disabled_at=ada.created_at))

    async with database.reading() as session:
        assert await users.find_user(session, ada.id) is None
        assert await users.find_credentials(session, ada.email) is None
        assert await users.names(session, [ada.id]) == {ada.id: "Ada"}


async def test_names_are_looked_up_together(database: Database) -> None:
    ada = await add(database, "ada@example.com")
    grace = await add(database, "grace@example.com", "Grace")

    async with database.reading() as session:
        found = await users.names(session, [ada.id, grace.id, ada.id, UserId(uuid4())])
        nobody = await users.names(session, [])

    assert found == {ada.id: "Ada", grace.id: "Grace"}
    assert nobody == {}


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@example.com@example.com",
        "ada lovelace@example.com",
        "Ada <ada@example.com>",
        "ada\x00@example.com",
        "ada\ud800@example.com",
        "\u202eada@example.com",
        "a" * 255 + "@example.com",
    ],
)
async def test_what_is_no_address_is_refused_and_found_nowhere(
    database: Database, email: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        users.clean_email(email)
    async with database.reading() as session:
        assert await users.find_credentials(session, email) is None

    assert list(refusal.value.fields) == ["email"]


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 81, "Ada\x00", "Ada\x1b[0m", "\u202eecarG", "\ud800"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        users.clean_name(name)

    assert list(refusal.value.fields) == ["name"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("X Æ A-12 <b>", "X Æ A-12 <b>"),
        ("李小龍", "李小龍"),
        ("👩‍🔬 Ada", "👩‍🔬 Ada"),
    ],
)
def test_a_name_is_kept_as_people_write_it(given: str, kept: str) -> None:
    assert users.clean_name(given) == kept
