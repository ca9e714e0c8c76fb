"""Names that are nearly those of settings: nobody reads them, so somebody has to say so."""

import os
from pathlib import Path

import pytest

from app.misspelt import misspelt


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Works in an empty folder, with nothing in the environment."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SERVER_PRT", "SERVER_PORT"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("WEB_BODY_MAX_BYTE", "WEB_BODY_MAX_BYTES"),
        ("DEMO_PASWORD", "DEMO_PASSWORD"),
        ("MAIL_PASWORD_FILE", "MAIL_PASSWORD_FILE"),
    ],
)
def test_a_name_that_is_nearly_a_setting_is_found(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")

    assert misspelt() == {name: meant}


@pytest.mark.parametrize(
    "name",
    [
        *("SERVER_PORT", "server_port", "DATABASE_URL_FILE"),  # settings
        *("REDIS_PORT", "REDIS_SERVICE_HOST", "WEB_SERVICE_PORT", "DATABASE_PORT"),  # Kubernetes
        *("TEST_DATABASE_URL", "LOAD_PASSWORD", "USER_PASSWORD"),  # ours, and no settings
        *("HTTP_PORT", "DOMAIN_NAME", "WEB_MEMORY"),  # of Compose
        *("HOSTNAME", "LOGNAME", "MAIL", "PWD"),
    ],
)
def test_another_name_is_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")

    assert misspelt() == {}


def test_the_file_of_settings_is_read_too(nowhere: Path) -> None:
    (nowhere / ".env").write_text(
        "# SERVER_PRT=1\nexport LOG_LEVL='debug'\nMAIL_HOSTS = x\nLOG_FORMAT=json\n"
    )

    assert misspelt() == {"LOG_LEVL": "LOG_LEVEL", "MAIL_HOSTS": "MAIL_HOST"}
