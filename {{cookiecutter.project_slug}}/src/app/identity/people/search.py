"""Finding people among many: by how the words of their names and addresses begin, with an index.

A name and an address are cut into words at spaces and at every mark of ASCII, so that ``ex`` finds
``ada@example.com`` and ``love`` finds Ada Lovelace. A search finds who has, for each of its words,
one that begins with it. PostgreSQL alone does this, without an extension: the words are the lexemes
of a ``tsvector`` in a GIN index, cut here and there by the same marks and by no dictionary.
"""

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import tuple_
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.words import beginnings
from app.database.words import words_of
from app.identity.people.accounts import DELETED_ENDING
from app.identity.people.accounts import Account
from app.identity.people.accounts import After
from app.identity.people.accounts import account_of
from app.identity.tables import UserRow


async def search(
    session: AsyncSession, matching: str, *, after: After | None, count: int
) -> list[Account]:
    """Returns accounts, those who joined last first, behind a place in that order."""
    found = select(UserRow).where(~UserRow.email.endswith(DELETED_ENDING))
    if matching.strip():
        found = found_by(found, matching)
    if after is not None:
        place = tuple_(UserRow.created_at, UserRow.id)
        found = found.where(place < tuple_(after.created_at, after.id))
    newest = found.order_by(UserRow.created_at.desc(), UserRow.id.desc()).limit(count)
    return [account_of(row) for row in await session.scalars(newest)]


def found_by(people: Select[UserRow], search: str) -> Select[UserRow]:
    """Returns those of the people whom a search finds; one without any word finds nobody."""
    words = words_of(search)
    if not words:
        return people.where(text("false"))
    return people.where(_begin_with(words))


def _begin_with(words: list[str]) -> ColumnElement[bool]:
    words_of_person = func.words_of_person(UserRow.name, UserRow.email, type_=TSVECTOR)
    return words_of_person.bool_op("@@")(beginnings(words))
