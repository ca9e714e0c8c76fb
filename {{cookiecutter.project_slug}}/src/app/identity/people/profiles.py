"""What people tell others of themselves."""

from sqlalchemy import update

from app.database import Database
from app.identity import audit
from app.identity.sessions.cache import SessionCache
from app.identity.sessions.hold import hold_session
from app.identity.tables import UserRow
from app.identity.users import clean_name
from app.principal import Principal


class Profiles:
    """The names of people, changed by themselves."""

    def __init__(self, database: Database, cache: SessionCache) -> None:
        self._database = database
        self._cache = cache

    async def rename(self, who: Principal, name: str) -> None:
        """Changes the caller's name; other processes show the old one for some seconds.

        Raises:
            Invalid: the name will not do.
            Unauthenticated: the session has ended meanwhile.
            Unavailable: PostgreSQL is away.
        """
        cleaned = clean_name(name)
        changed = update(UserRow).where(UserRow.id == who.own_id).values(name=cleaned)
        async with self._database.transaction() as work:
            await hold_session(work, who)
            await work.session.execute(changed)
            await audit.record(work, "profile.changed", who=who)
        self._cache.forget_user(who.own_id)
