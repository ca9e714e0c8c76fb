"""Settings: where they come from, which wins, and what they refuse."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.setting_sources import parsed
from app.settings import DatabaseSettings
from app.settings import Settings

PLACES = ("DATABASE_URL", "DATABASE_URL_FILE", "APP_NAME", "PUBLIC_URL", "ENVIRONMENT")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Works in an empty folder, with nothing in the environment."""
    for name in PLACES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_source_wins_over_the_one_before(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "pyproject.toml").write_text('[tool.app]\napp_name = "project"\n')
    from_project = Settings().app_name
    (nowhere / ".env").write_text("APP_NAME=dotenv\n")
    from_dotenv = Settings().app_name
    monkeypatch.setenv("APP_NAME", "environment")

    assert from_project == "project"
    assert from_dotenv == "dotenv"
    assert Settings().app_name == "environment"


def test_the_file_of_the_project_is_parsed_once_and_again_when_it_changes(nowhere: Path) -> None:
    file = nowhere / "pyproject.toml"
    parsed.cache_clear()
    file.write_text('[tool.app]\napp_name = "first"\n')
    first = [Settings().app_name for _ in range(2)]
    count = parsed.cache_info().misses
    file.write_text('[tool.app]\napp_name = "another"\n')

    assert (first, count) == (["first"] * 2, 1)
    assert Settings().app_name == "another"


def test_a_secret_is_read_from_the_file_that_is_named(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "secret").write_text("postgresql://db/app\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(nowhere / "secret"))

    assert DatabaseSettings().url == "postgresql://db/app"
    assert Settings().database.url == "postgresql://db/app"


@pytest.mark.parametrize("url", ["example.com", "ftp://example.com", "https://example.com/app", ""])
def test_a_public_url_is_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(ValidationError, match="PUBLIC_URL"):
        Settings(public_url=url)


def test_localhost_is_an_origin_in_development_only() -> None:
    developing = Settings(public_url="http://127.0.0.1:8000")
    serving = Settings(public_url="https://example.com/", environment="production")

    assert developing.origins == {"http://127.0.0.1:8000", "http://localhost:8000"}
    assert serving.origins == {"https://example.com"}
    assert serving.is_secure
