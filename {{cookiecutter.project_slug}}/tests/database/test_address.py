"""Addresses of PostgreSQL, as people write them."""

import pytest

from app.database.address import driver_url
from app.database.address import shown

WRITTEN = {
    "postgres://ada:pw@db/app": "db/app",
    "postgresql://ada:pw@db:5433/app": "db:5433/app",
    "postgresql+asyncpg://ada@/app?host=/run/pg": "/run/pg/app",
    "postgresql:///app": "localhost/app",
}


@pytest.mark.parametrize(("written", "expected"), WRITTEN.items())
def test_every_usual_form_is_taken_and_shown_without_its_password(
    written: str, expected: str
) -> None:
    url = driver_url(written)

    assert url.drivername == "postgresql+asyncpg"
    assert shown(url) == expected


@pytest.mark.parametrize("written", ["", "sqlite:///x.db", "mysql://db/app"])
def test_another_kind_of_database_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        driver_url(written)
