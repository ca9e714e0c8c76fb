"""Pages of people; what may be done with one of them is ``identity.people``."""

from datetime import datetime
from uuid import UUID

from app.errors import Invalid
from app.features.administration.people.schemas import PersonPage
from app.features.administration.people.schemas import PersonShape
from app.identity import Account
from app.identity.people.accounts import After
from app.identity.people.service import People
from app.principal import Principal
from app.web.paging import CURSOR
from app.web.paging import cut
from app.web.paging import decode_cursor


async def page_of_people(
    who: Principal, people: People, *, matching: str, cursor: str, count: int
) -> PersonPage:
    """Returns people whom a search finds, those who joined last first.

    Raises:
        Forbidden: the caller may not see other people's accounts.
        Invalid: the cursor is of another list.
    """
    rows = await people.list(who, matching=matching.strip(), after=_place(cursor), count=count + 1)
    page = cut(rows, count, key=_key, shape=PersonShape.of)
    return PersonPage(items=page.items, next=page.next)


def _key(account: Account) -> tuple[str, str]:
    return account.created_at.isoformat(), str(account.id)


def _place(cursor: str) -> After | None:
    if not cursor:
        return None
    created_at, user_id = decode_cursor(cursor, kinds=(str, str))
    try:
        return After(datetime.fromisoformat(str(created_at)), UUID(str(user_id)))
    except ValueError:
        raise Invalid(fields={CURSOR: "this is no cursor of this list"}) from None
