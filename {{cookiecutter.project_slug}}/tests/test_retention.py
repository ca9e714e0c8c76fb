"""Every table that only ages has a schedule that deletes, and docs/retention.md names it."""

import re

from quart import Quart

from app.database import Database
from app.features import FEATURES
from app.resources import resources_of
from app.settings import Settings
from tests.documents import ROOT
from tests.servers import connection

CLASSES = {"secret", "personal", "technical"}
ROW = re.compile(r"^\| `([a-z_]+)` \| ([a-z, ]+) \| (.+?) \| (?:`([a-z_.]+)`|-) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/retention.md").read_text())
NAMES = {feature.__name__.rpartition(".")[2] for feature in FEATURES}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


async def test_every_table_of_the_platform_is_on_the_page(
    settings: Settings, database: Database
) -> None:
    async with connection(settings.database.url) as raw:
        tables = {row[0] for row in await raw.fetch(TABLES)}
    platform = {name for name in tables if name.partition("_")[0] not in NAMES}

    assert len(platform) > 8
    assert {name for name, *_ in ROWS} == platform


def test_what_deletes_is_scheduled(app: Quart) -> None:
    named = {schedule for *_, schedule in ROWS if schedule}

    assert len(named) >= 3
    assert named <= set(resources_of(app).jobs.schedules)


def test_what_a_table_holds_has_a_class_that_the_page_tells_how_to_guard() -> None:
    page = (ROOT / "docs/retention.md").read_text()

    assert {one for _, classes, *_ in ROWS for one in classes.split(", ")} == CLASSES
    assert all(f"\n| {one}: " in page for one in CLASSES)
