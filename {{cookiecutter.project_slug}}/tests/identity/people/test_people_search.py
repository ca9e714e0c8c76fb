"""Ten thousand people: a search reads an index, and pages have neither gap nor repetition."""

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.identity import Identity
from app.identity.people.accounts import Account
from app.identity.people.accounts import After
from app.identity.people.search import found_by
from app.identity.tables import UserRow
from app.principal import SYSTEM
from app.settings import IdentitySettings

PEOPLE = 10_000
PAGE = 1_000

JOIN = text("""
    INSERT INTO users (id, email, name, password_hash, created_at)
    SELECT gen_random_uuid(), 'person' || n || '@example.com',
           CASE n WHEN 777 THEN 'Zo\u00eb O''Hara-N\u00fa\u00f1ez' ELSE 'Person ' || n END, '',
           now() - make_interval(secs => n % 100)
    FROM generate_series(1, :count) AS n
""")


@pytest.fixture
async def identity(database: Database) -> Identity:
    """Returns the identity of a service that very many have joined."""
    async with database.transaction() as work:
        await work.session.execute(JOIN, {"count": PEOPLE})
        await work.session.execute(text("ANALYZE users"))
    return Identity(IdentitySettings.model_construct(), database, secure=False)


async def plan_of(session: AsyncSession, condition: str) -> str:
    rows = await session.scalars(text(f"EXPLAIN SELECT id FROM users WHERE {condition}"))
    return "\n".join(rows)


async def test_one_of_ten_thousand_is_found_by_an_index_and_pages_have_no_gap(
    identity: Identity, database: Database
) -> None:
    for search in ("zo\u00eb", "HARA", "n\u00fa\u00f1", "O'Ha zo"):
        found = await identity.people.list(SYSTEM, matching=search, count=10)
        assert [account.email for account in found] == ["person777@example.com"], search

    async with database.reading() as session:
        query = found_by(select(UserRow.id), "hara").compile(
            session.get_bind(), compile_kwargs={"literal_binds": True}
        )
        indexed = await plan_of(session, str(query).partition("WHERE")[2])
        naive = await plan_of(session, "name ILIKE '%hara%' OR email ILIKE '%hara%'")
    assert "ix_users_words" in indexed
    assert "Seq Scan" in naive  # what it was before

    seen: list[Account] = []
    after: After | None = None
    while page := await identity.people.list(SYSTEM, matching="person", after=after, count=PAGE):
        seen += page
        after = After(page[-1].created_at, page[-1].id)

    assert len(seen) == len({account.id for account in seen}) == PEOPLE
    assert [one.created_at for one in seen] == sorted(
        (one.created_at for one in seen), reverse=True
    )
    identity.close()
