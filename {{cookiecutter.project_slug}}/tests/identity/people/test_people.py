"""Accounts in the hands of administrators: who may do what, and that it takes effect at once."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from quart import Quart
from sqlalchemy import select
from sqlalchemy import update

from app.database import Database
from app.errors import Conflict
from app.errors import Forbidden
from app.errors import Invalid
from app.errors import NotFound
from app.errors import Unauthenticated
from app.identity import Identity
from app.identity.audit import AuditRow
from app.identity.people.accounts import After
from app.identity.tables import UserRow
from app.principal import SYSTEM
from app.principal import Principal
from app.principal import UserId
from app.resources import resources_of
from app.roles import ADMINISTRATOR
from app.roles import AUDITOR
from app.settings import IdentitySettings
from tests.people import PASSWORD
from tests.people import Person
from tests.people import join

STRANGER = UserId(UUID(int=7))


@pytest.fixture
async def root(app: Quart) -> Person:
    """Returns an administrator, signed in."""
    return await join(app, "Root", is_admin=True)


@pytest.fixture
async def elsewhere(database: Database) -> AsyncIterator[Identity]:
    """Yields the identity of another process, which is told nothing: the same rows, a cache."""
    made = Identity(IdentitySettings.model_construct(), database, secure=False)
    yield made
    made.close()


async def test_who_is_shut_out_is_signed_out_and_does_not_get_in(
    app: Quart, root: Person, ada: Person
) -> None:
    identity = resources_of(app).identity
    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 200

    await identity.people.disable(root.principal, ada.user.id)

    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 401
    with pytest.raises(Unauthenticated):
        await identity.authenticate(ada.user.email, PASSWORD)


async def test_who_is_let_in_again_signs_in_anew(app: Quart, root: Person, ada: Person) -> None:
    identity = resources_of(app).identity
    await identity.people.disable(root.principal, ada.user.id)

    await identity.people.enable(root.principal, ada.user.id)

    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 401
    assert (await identity.authenticate(ada.user.email, PASSWORD)).id == ada.user.id


async def test_another_process_that_is_told_drops_a_person_at_once(
    app: Quart, root: Person, ada: Person, elsewhere: Identity
) -> None:
    name, _, token = ada.cookie.partition("=")
    assert (await elsewhere.principal({name: token})).is_signed_in

    await resources_of(app).identity.people.disable(root.principal, ada.user.id)
    untold = await elsewhere.principal({name: token})
    elsewhere.forget(user=ada.user.id)

    assert untold.is_signed_in  # what the order to all processes is for
    assert not (await elsewhere.principal({name: token})).is_signed_in


async def test_a_role_comes_with_a_new_session(app: Quart, root: Person, ada: Person) -> None:
    people = resources_of(app).identity.people

    await people.give_role(root.principal, ada.user.id, AUDITOR)

    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 401
    assert (await people.find(root.principal, ada.user.id)).roles == {AUDITOR}


async def test_an_auditor_reads_and_changes_nothing(app: Quart, root: Person, ada: Person) -> None:
    people = resources_of(app).identity.people
    auditor = Principal("user", user_id=ada.user.id, roles=frozenset({AUDITOR}))

    assert len(await people.list(auditor, count=10)) == 2
    with pytest.raises(Forbidden):
        await people.disable(auditor, root.user.id)
    with pytest.raises(Forbidden):
        await people.give_role(auditor, ada.user.id, ADMINISTRATOR)


async def test_a_member_sees_nobody(app: Quart, root: Person, ada: Person) -> None:
    people = resources_of(app).identity.people

    with pytest.raises(Forbidden):
        await people.list(ada.principal, count=10)
    with pytest.raises(Forbidden):
        await people.find(ada.principal, root.user.id)


async def test_the_last_administrator_stays_one(app: Quart, root: Person) -> None:
    people = resources_of(app).identity.people

    with pytest.raises(Conflict):
        await people.take_role(root.principal, root.user.id, ADMINISTRATOR)
    with pytest.raises(Conflict):
        await people.disable(SYSTEM, root.user.id)
    with pytest.raises(Forbidden):
        await people.disable(root.principal, root.user.id)


async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(
    app: Quart, root: Person
) -> None:
    people = resources_of(app).identity.people
    other = await join(app, "Other", is_admin=True)

    outcomes = await asyncio.gather(
        people.take_role(root.principal, other.user.id, ADMINISTRATOR),
        people.take_role(other.principal, root.user.id, ADMINISTRATOR),
        return_exceptions=True,
    )

    left = await people.list(SYSTEM, count=10)
    assert [type(outcome) for outcome in outcomes if outcome] == [Conflict]
    assert sum(ADMINISTRATOR in account.roles for account in left) == 1


async def test_a_role_that_nobody_declared_is_not_given(app: Quart, root: Person) -> None:
    people = resources_of(app).identity.people

    with pytest.raises(Invalid):
        await people.give_role(root.principal, root.user.id, "emperor")
    with pytest.raises(NotFound):
        await people.give_role(root.principal, STRANGER, AUDITOR)


async def test_every_change_is_in_the_audit_log(
    app: Quart, root: Person, ada: Person, database: Database
) -> None:
    people = resources_of(app).identity.people
    for change in (people.disable, people.enable):
        await change(root.principal, ada.user.id)
        await change(root.principal, ada.user.id)  # changes nothing, and so tells nothing
    await people.give_role(root.principal, ada.user.id, AUDITOR)
    await people.take_role(root.principal, ada.user.id, AUDITOR)

    async with database.reading() as session:
        mine = select(AuditRow).where(AuditRow.actor_id == root.user.id)
        told = list(await session.scalars(mine.order_by(AuditRow.id)))
    assert [(entry.event, entry.details.get("role")) for entry in told[1:]] == [
        ("user.disabled", None),
        ("user.enabled", None),
        ("user.role_given", AUDITOR),
        ("user.role_taken", AUDITOR),
    ]
    assert {entry.subject_id for entry in told[1:]} == {ada.user.id}


async def test_people_are_found_by_name_or_address_and_wildcards_mean_nothing(
    app: Quart, root: Person, ada: Person, grace: Person
) -> None:
    people = resources_of(app).identity.people

    async def names(matching: str) -> list[str]:
        found = await people.list(root.principal, matching=matching, count=10)
        return [account.name for account in found]

    assert await names("GRACE@") == ["Grace"]
    assert await names("ad") == await names("ada exam") == ["Ada"]
    assert await names("da") == []  # words are found by their beginnings
    assert await names("example.com") == await names(" ") == ["Grace", "Ada", "Root"]
    assert await names("ada grace") == []
    for marks in ("%", "_", "'", "\\", "':*", "a' | 'g", "\x00", "ad\x00", "!!"):
        assert set(await names(marks)) <= {"Ada"}, marks


async def test_pages_of_people_who_joined_at_the_same_moment_have_no_gap(
    app: Quart, root: Person, ada: Person, grace: Person, database: Database
) -> None:
    people = resources_of(app).identity.people
    async with database.transaction() as work:
        await work.session.execute(update(UserRow).values(created_at=ada.user.created_at))
    first = await people.list(root.principal, count=2)

    after = After(first[-1].created_at, first[-1].id)
    second = await people.list(root.principal, after=after, count=2)

    assert len({account.id for account in (*first, *second)}) == 3
