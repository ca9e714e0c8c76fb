"""The grade that the MDN HTTP Observatory gives the live service over TLS (W23).

Needs npm and a registry, so it is part of ``make soak``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from quart import Quart

from app.factory import create_app
from app.settings import Settings
from app.web import headers
from tests import servers
from tests.ports import free_port
from tests.web.observatory import HOST
from tests.web.observatory import install
from tests.web.observatory import scan

SCORE = 120

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
async def scanner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of the scanner."""
    return await install(tmp_path_factory.mktemp("observatory"))


@pytest.fixture
def secure(settings: Settings) -> Settings:
    """Returns the settings of a service behind TLS, on a port of its own."""
    server = settings.server.model_copy(update={"port": free_port()})
    return settings.model_copy(update={"public_url": f"https://{HOST}", "server": server})


@asynccontextmanager
async def serving(app: Quart, settings: Settings) -> AsyncIterator[int]:
    """Serves; yields the port."""
    async with app.test_app(), servers.listening(app, settings):
        yield settings.server.port


async def test_the_service_is_graded_a_plus(
    scanner: Path, secure: Settings, migrated: servers.Emptier, tmp_path: Path
) -> None:
    async with serving(create_app(secure), secure) as port:
        verdict = await scan(scanner, tmp_path, port)

    # For the table of docs/security.md.
    print(f"Observatory: {verdict['grade']}, {verdict['score']}")
    assert verdict["grade"] == "A+", verdict
    assert verdict["score"] >= SCORE, verdict
    assert verdict["testsFailed"] == 0, verdict


async def test_without_its_headers_it_fails(
    scanner: Path,
    secure: Settings,
    migrated: servers.Emptier,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(headers, "_told", lambda *, secure: ())  # a service before has asked it
    async with serving(create_app(secure), secure) as port:
        verdict = await scan(scanner, tmp_path, port)

    assert verdict["grade"] not in {"A+", "A", "A-", "B+", "B"}, verdict
    assert verdict["score"] < SCORE / 2 + 10, verdict
