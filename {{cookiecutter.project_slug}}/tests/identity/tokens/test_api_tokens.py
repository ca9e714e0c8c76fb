"""API tokens, as several requests make them at once."""

import asyncio

from app.database import Database
from app.errors import Conflict
from app.identity import User
from app.identity.owner_notices import OwnerNotices
from app.identity.sessions.service import Sessions
from app.identity.tokens.scopes import Scopes
from app.identity.tokens.service import TOKENS_PER_PERSON
from app.identity.tokens.service import ApiTokens
from app.settings import IdentitySettings


async def test_nobody_gets_more_tokens_by_asking_for_many_at_once(
    database: Database, sessions: Sessions, person: User
) -> None:
    scopes = Scopes()
    scopes.add("notes:read", "Read notes.")
    tokens = ApiTokens(IdentitySettings.model_construct(), database, scopes, OwnerNotices())
    record = await sessions.find(await sessions.begin(person, "Firefox on Linux"))
    assert record is not None
    ada = record.principal

    async def make() -> None:
        await tokens.issue(ada, name="a program", scopes=["notes:read"], days=1)

    for _ in range(TOKENS_PER_PERSON - 1):
        await make()
    outcomes = await asyncio.gather(*(make() for _ in range(5)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome] == [Conflict] * 4
    assert len(await tokens.list(ada)) == TOKENS_PER_PERSON
