"""Your data: a copy for its owner alone, and an account that is gone from everywhere."""

import io
import json
import zipfile
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from pydantic import JsonValue
from quart import Quart
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import UnitOfWork
from app.errors import NotFound
from app.features.accounts.data import service
from app.identity.audit import AuditRow
from app.identity.personal_data import exports
from app.identity.personal_data.exports import DataExportRow
from app.identity.personal_data.leaving import DELETED_NAME
from app.identity.personal_data.leaving import own_tables
from app.identity.tables import UserRow
from app.principal import SYSTEM
from app.principal import UserId
from app.resources import resources_of
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import join

EXPORTS = "/api/v1/accounts/exports"


async def make_all(app: Quart) -> None:
    """Does what the worker would, for every copy that was asked for."""
    resources = resources_of(app)
    async with resources.database.reading() as session:
        wanted = list(await session.scalars(select(DataExportRow.id)))
    for export_id in wanted:
        await service.make_export(resources.database, resources.identity, export_id)


async def unpacked(person: Person) -> dict[str, JsonValue]:
    copies = (await (await person.client.get(EXPORTS)).get_json())["items"]
    answer = await person.client.get(f"{EXPORTS}/{copies[0]['id']}")
    with zipfile.ZipFile(io.BytesIO(await answer.get_data(as_text=False))) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


async def test_a_copy_holds_what_every_part_holds_and_no_secret(app: Quart, ada: Person) -> None:
    async def notes(session: AsyncSession, user_id: UserId) -> JsonValue:
        return [f"a note of {user_id}"]

    async def forget(work: UnitOfWork, user_id: UserId) -> None: ...

    resources_of(app).identity.personal_data.hold("notes", export=notes, erase=forget)

    asked = await ada.client.post(EXPORTS)
    async with resources_of(app).database.reading() as session:
        jobs = await session.scalars(text("SELECT entrypoint FROM pgqueuer"))
        queued = list(jobs)
    await make_all(app)
    copy = await unpacked(ada)

    account = copy["account.json"]
    assert isinstance(account, dict)
    assert (asked.status_code, queued) == (202, ["accounts.make_export"])
    assert account["email"] == "ada@example.com"
    assert account["sessions"]
    assert copy["notes.json"] == [f"a note of {ada.user.id}"]
    assert "argon2" not in json.dumps(copy)


async def test_a_copy_is_its_owners_alone_made_one_at_a_time_and_gone_after_a_week(
    app: Quart, ada: Person, mallory: Person, database: Database
) -> None:
    await ada.client.post("/account/data/exports")
    again = await ada.client.post(EXPORTS)
    [copy] = (await (await ada.client.get(EXPORTS)).get_json())["items"]
    early = await ada.client.get(f"{EXPORTS}/{copy['id']}")
    await make_all(app)
    page = await (await ada.client.get("/account/data")).get_data(as_text=True)
    hers = await ada.client.get(f"/account/data/exports/{copy['id']}")
    others = await mallory.client.get(f"{EXPORTS}/{copy['id']}")
    async with database.transaction() as work:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await work.session.execute(update(DataExportRow).values(expires_at=past))
    late = await ada.client.get(f"{EXPORTS}/{copy['id']}")
    await exports.delete_expired(database)

    assert copy["id"] in page
    assert hers.headers["Content-Disposition"] == 'attachment; filename="your-data.zip"'
    assert [answer.status_code for answer in (again, early, hers, others, late)] == [
        409, 404, 200, 404, 404,
    ]  # fmt: skip
    async with database.reading() as session:
        assert (await session.scalars(select(DataExportRow.id))).all() == []


async def test_a_copy_that_nobody_wants_any_more_is_not_made(app: Quart, ada: Person) -> None:
    asked = await ada.client.post(EXPORTS)
    [copy] = (await asked.get_json())["items"]
    await ada.client.delete("/api/v1/accounts/me")

    await service.make_export(resources_of(app).database, resources_of(app).identity, copy["id"])

    async with resources_of(app).database.reading() as session:
        assert (await session.scalars(select(DataExportRow.id))).all() == []


async def test_a_deleted_account_is_gone_from_every_part_and_its_address_is_free(
    app: Quart, ada: Person, database: Database
) -> None:
    forgotten: list[UserId] = []

    async def nothing(session: AsyncSession, user_id: UserId) -> JsonValue:
        return None

    async def forget(work: UnitOfWork, user_id: UserId) -> None:
        forgotten.append(user_id)

    resources_of(app).identity.personal_data.hold("notes", export=nothing, erase=forget)

    unsure = await ada.client.post("/account/data/delete")
    gone = await ada.client.post("/account/data/delete", form={"sure": "yes"})
    signing_in = {"email": "ada@example.com", "password": PASSWORD}
    refused = await Browser(app).post("/api/v1/accounts/sign-in", json=signing_in)
    joined = await Browser(app).post("/api/v1/accounts/sign-up", json={**signing_in, "name": "New"})

    people = resources_of(app).identity.people
    with pytest.raises(NotFound):
        await people.enable(SYSTEM, ada.user.id)
    left = [account.name for account in await people.list(SYSTEM, count=10)]
    async with database.reading() as session:
        row = await session.get_one(UserRow, ada.user.id)
        told = list(await session.scalars(select(AuditRow.event).order_by(AuditRow.id)))
    assert [answer.status_code for answer in (unsure, gone, refused)] == [422, 303, 401]
    assert joined.status_code < 300
    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 401
    assert forgotten == [ada.user.id]
    assert (row.name, row.password_hash, row.roles) == (DELETED_NAME, "", [])
    assert row.email == f"{ada.user.id}@deleted.invalid"
    assert DELETED_NAME not in left
    assert "account.deleted" in told


def test_all_that_identity_keeps_of_one_person_goes() -> None:
    names = {table.name for table in own_tables()}

    assert names >= {"sessions", "api_tokens", "openid_links", "factors", "data_exports"}
    assert "audit_events" not in names


async def test_a_part_that_fails_keeps_the_account_whole(app: Quart, ada: Person) -> None:
    async def nothing(session: AsyncSession, user_id: UserId) -> JsonValue:
        return None

    async def fail(work: UnitOfWork, user_id: UserId) -> None:
        raise RuntimeError("a bug of a part")

    resources = resources_of(app)
    resources.identity.personal_data.hold("notes", export=nothing, erase=fail)

    with pytest.raises(RuntimeError, match="a bug of a part"):
        await service.delete_account(ada.principal, resources.database, resources.identity)

    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 200
    assert (await resources.identity.authenticate("ada@example.com", PASSWORD)).name == "Ada"


async def test_the_last_administrator_stays(app: Quart) -> None:
    root = await join(app, "Root", is_admin=True)

    page = await root.client.post("/account/data/delete", form={"sure": "yes"})
    rest = await root.client.delete("/api/v1/accounts/me")

    assert (page.status_code, rest.status_code) == (422, 409)
    assert "last administrator" in await page.get_data(as_text=True)
    assert (await root.client.get("/api/v1/accounts/me")).status_code == 200


async def test_an_old_proof_is_not_enough_to_delete_or_to_take_away(
    app: Quart, ada: Person, database: Database
) -> None:
    async with database.transaction() as work:
        old = "UPDATE sessions SET authenticated_at = now() - interval '1 day'"
        await work.session.execute(text(old))
    resources_of(app).identity.forget(user=ada.user.id)

    answers = [
        await ada.client.delete("/api/v1/accounts/me"),
        await ada.client.post(EXPORTS),
        await ada.client.post("/account/data/delete", form={"sure": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 303]
    assert answers[2].headers["Location"].startswith("/account/confirm")
