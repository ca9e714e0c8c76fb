"""People with accounts and sessions, in a PostgreSQL that lives as long as the benchmark."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.embedded import Embedded
from app.embedded import Urls
from app.factory import create_app
from app.identity import users
from app.resources import resources_of
from app.settings import DatabaseSettings
from app.settings import RealtimeSettings
from app.settings import Settings

CONNECTIONS_PER_PERSON = 50


class People:
    """The sessions of the people, and the database that knows them."""

    def __init__(self, database_url: str, cookies: list[str]) -> None:
        self.database_url = database_url
        self._cookies = cookies

    def number(self, place: int) -> int:
        """Returns whose connection the one at ``place`` is."""
        return place // CONNECTIONS_PER_PERSON % len(self._cookies)

    def cookie(self, place: int) -> str:
        """Returns the header ``Cookie`` of the connection at ``place``."""
        return self._cookies[self.number(place)]


@contextmanager
def invited(connections: int, folder: Path) -> Iterator[People]:
    """Yields as many people as ``connections`` need."""
    with Embedded(folder, given=Urls("", "-"), ephemeral=True) as urls:
        database = DatabaseSettings(url=urls.database)
        settings = Settings(database=database, realtime=RealtimeSettings(backplane="memory"))
        count = -(-connections // CONNECTIONS_PER_PERSON)
        yield People(urls.database, asyncio.run(_sign_up(settings, count)))


async def _sign_up(settings: Settings, count: int) -> list[str]:
    await migrate(settings, locations=migration_locations())
    resources = resources_of(create_app(settings))
    cookies = []
    async with resources.opened():
        for number in range(count):
            async with resources.database.transaction() as work:
                user = await users.create_user(
                    work, email=f"p{number}@example.com", name=f"P{number}", password_hash="-", is_admin=False
                )
            token = await resources.identity.sessions.begin(user, "benchmark")
            cookies.append(f"{resources.identity.cookie_name}={token}")
    return cookies
