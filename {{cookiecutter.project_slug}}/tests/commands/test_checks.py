"""The numbered checks: what production does not start with, and that each has its remedy."""

import logging
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import structlog
from click.testing import CliRunner
from quart import Quart

from app.__main__ import main
from app.commands.application import deployed
from app.commands.check import findings
from app.deployment import PLATFORM
from app.deployment import Check
from app.deployment import Checks
from app.resources import resources_of
from app.settings import Settings
from tests.documents import ROOT
from tests.programs import running

COMPOSE = (ROOT / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ROW = re.compile(r"^\| `([a-z_]+\.\d{3})` \| (.+?) \| (does not start|warns) \| (.+?) \|$", re.M)
EFFECT = {"dangerous": "does not start", "warning": "warns"}

DANGEROUS = [
    ("service.002", "PUBLIC_URL", "http://chat.example.com"),
    ("service.003", "PUBLIC_URL", "https://Chat.Example.com"),
    ("service.003", "PUBLIC_URL", "https://chat.example.com:443"),
    ("service.003", "PUBLIC_URL", "https://*.example.com"),
    ("service.003", "PUBLIC_URL", "https://ada:secret@chat.example.com"),
    ("service.004", "LOG_LEVEL", "debug"),
    ("web.002", "WEB_TRUSTED_PROXY_HOPS", "99"),
    ("web.003", "WEB_BODY_MAX_BYTES", "99999999999"),
    ("web.004", "WEB_BODY_SECONDS", "0"),
    ("web.005", "WEB_RESPONSE_SECONDS", "inf"),
    ("web.006", "WEB_WEBSOCKET_MESSAGE_MAX_BYTES", "999999999"),
    ("web.007", "WEB_WEBSOCKET_BUFFER_MESSAGES", "0"),
    ("web.008", "WEB_WEBSOCKET_FRAMES_PER_SECOND", "1000000"),
    ("web.009", "ALLOWED_ORIGINS", "https://a.example.com,http://b.example.com"),
    ("web.011", "WEB_REQUESTS_AT_ONCE", "1000000"),
    ("identity.008", "IDENTITY_LINK_SECONDS", "864000"),
    ("identity.009", "IDENTITY_TOKEN_MAX_DAYS", "36500"),
    ("server.001", "SERVER_HEAD_SECONDS", "nan"),
    ("server.002", "METRICS_PORT", "8000"),
    (
        "openid.001",
        "OPENID_PROVIDERS",
        '[{"name":"x","issuer":"http://x.example","client_id":"x","client_secret":"x"}]',
    ),
    ("database.001", "DATABASE_URL", "postgresql://app@db/app"),
    ("database.001", "DATABASE_URL", "postgresql://app:postgres@db/app"),
    ("database.001", "DATABASE_URL", "postgresql://production_app:production_app@db/app"),
    ("database.003", "DATABASE_STATEMENT_SECONDS", "0"),
    ("database.004", "DATABASE_LOCK_SECONDS", "0"),
    ("database.005", "DATABASE_POOL_WAIT_SECONDS", "3600"),
    ("redis.001", "REDIS_URL", "redis://8.8.8.8:6379/0"),
    ("redis.001", "REDIS_URL", "redis://[2606:4700::1111]/0"),
    ("redis.001", "REDIS_URL", "redis+cluster://10.0.0.1:6379,8.8.8.8:6379"),
    ("identity.001", "IDENTITY_PASSWORD_MIN_CHARACTERS", "4"),
    ("identity.002", "IDENTITY_SESSION_DAYS", "3650"),
    ("identity.003", "IDENTITY_SESSION_CACHE_SECONDS", "3600"),
    ("identity.004", "IDENTITY_SESSION_OUTAGE_SECONDS", "1000000"),
    ("identity.005", "IDENTITY_TICKET_SECONDS", "3600"),
    ("identity.007", "IDENTITY_SECRET_KEYS", "short"),
    ("identity.007", "IDENTITY_SECRET_KEYS", ","),
    ("identity.010", "IDENTITY_BREACHED_PASSWORDS_FILE", "/nowhere/pwned.txt"),
    ("realtime.001", "REALTIME_BACKPLANE", "memory"),
    ("realtime.002", "REALTIME_LOAD_TOPICS", "true"),
    ("realtime.003", "REALTIME_SESSION_CHECK_SECONDS", "86400"),
    ("realtime.004", "REALTIME_OUTBOUND_MAX_BYTES", "1000000000000"),
    ("realtime.005", "REALTIME_PONG_SECONDS", "86400"),
    ("jobs.001", "JOBS_MAX_ATTEMPTS", "0"),
]
ELSEWHERE_URL = "postgresql://app:e31fae83ee404dbb@db.example.com/app"
DOUBTFUL = [
    ("web.010", "WEB_INTERFACE", "shown"),
    ("service.005", "LOG_FORMAT", "console"),
    ("service.006", "PYTHONASYNCIODEBUG", "1"),
    ("service.008", "SERVER_PRT", "8001"),
    ("web.001", "WEB_TRUSTED_PROXY_HOPS", "0"),
    ("database.002", "DATABASE_URL", "postgresql://postgres:e31fae83ee404dbb@db/app"),
    ("database.006", "DATABASE_URL", ELSEWHERE_URL),
    ("database.006", "DATABASE_URL", f"{ELSEWHERE_URL}?sslmode=require"),
    ("redis.002", "REDIS_URL", "redis://:e31fae83ee404dbb@cache.example.com:6379/0"),
    ("redis.002", "REDIS_URL", "rediss+cluster://n1,10.0.0.2:6379?ssl_cert_reqs=none"),
    ("identity.011", "IDENTITY_SECOND_FACTOR_REQUIRED_OF", "nobody"),
    ("identity.006", "IDENTITY_SESSION_IDLE_DAYS", "60"),
    ("mail.001", "MAIL_HOST", ""),
    ("mail.002", "MAIL_TLS", "none"),
    ("realtime.006", "REALTIME_DRAIN_WINDOW_SECONDS", "9"),
    ("realtime.007", "REALTIME_NODE_LEASE_SECONDS", "4"),
]
# Only where it runs shows, or only outside production.
ELSEWHERE = {"service.001", "service.007"}


def substituted(value: str) -> str:
    """Returns a value of compose.yaml as Compose would, with nothing in its own environment."""
    while found := re.search(r"\$\{\w+:-([^${}]*)\}", value):
        value = value.replace(found[0], found[1])
    return value.strip('"')


def composed(folder: Path) -> Iterator[tuple[str, str]]:
    """Yields the variables of a container that runs the service."""
    yield from re.findall(r"^    ([A-Z_]+)=(\S+?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    block = re.search(r"^  environment:\n((?:    .*\n)+)", COMPOSE, re.MULTILINE)
    assert block
    for name, value in re.findall(r"^    ([A-Z_]+): (.+)$", block[1], re.MULTILINE):
        yield name, substituted(value)
    script = folder / "compose" / "secrets.sh"
    script.parent.mkdir()
    script.write_text((ROOT / "compose/secrets.sh").read_text())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    yield "DATABASE_URL_FILE", str(folder / "secrets/database_url")
    yield "IDENTITY_SECRET_KEYS_FILE", str(folder / "secrets/secret_keys")


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Gives the run its logging back, which `deployed` sets up."""
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Returns what sets variables, in an environment like that of a container."""
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name in ("DATABASE_URL", "REDIS_URL", "PYTHONASYNCIODEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in composed(tmp_path):
        if name not in {"PATH", "HOME"} and not name.startswith(("PYTHON", "UV_")):
            monkeypatch.setenv(name, value)
    # Which mail server there is, only its owner knows.
    monkeypatch.setenv("MAIL_HOST", "mail.example.com")
    # These tests may run as root; that the image does not is for a test of the image.
    monkeypatch.setenv("CHECKS_SILENCED", "service.007")
    return monkeypatch


def test_the_settings_of_the_compose_file_find_nothing(production: pytest.MonkeyPatch) -> None:
    settings = Settings()

    assert settings.environment == "production"
    assert "secrets" not in settings.database.url
    assert findings(settings) == []
    assert deployed(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"{ELSEWHERE_URL}?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://app:e31fae83ee404dbb@127.0.0.1/app"),
        ("REDIS_URL", "rediss://:e31fae83ee404dbb@cache.example.com:6379/0"),
        ("REDIS_URL", "redis://[::1]:6379/0"),
    ],
)
def test_servers_that_are_here_or_reached_over_tls_find_nothing(
    production: pytest.MonkeyPatch, name: str, value: str
) -> None:
    production.setenv(name, value)

    assert findings(Settings()) == []


@pytest.mark.parametrize(("number", "name", "value"), DANGEROUS)
def test_production_does_not_start_on_a_dangerous_setting(
    production: pytest.MonkeyPatch, number: str, name: str, value: str
) -> None:
    production.setenv(name, value)

    with pytest.raises(click.ClickException) as refusal:
        deployed(Settings())

    _, line = refusal.value.message.splitlines()
    remedy = next(check.remedy for check in PLATFORM if check.id == number)
    assert line.startswith(f"{number} ")
    assert line.endswith(f". {remedy}")
    assert "secret" not in line


@pytest.mark.parametrize(("number", "name", "value"), DOUBTFUL)
def test_production_starts_with_a_warning_on_a_doubtful_one(
    production: pytest.MonkeyPatch, number: str, name: str, value: str
) -> None:
    production.setenv(name, value)
    settings = Settings()

    assert [one.check.id for one in findings(settings)] == [number]
    assert deployed(settings)


def test_every_check_is_tried() -> None:
    tried = {number for number, *_ in (*DANGEROUS, *DOUBTFUL)}

    assert len(DANGEROUS) >= 20
    assert tried | ELSEWHERE == {check.id for check in PLATFORM}


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_a_process_of_production_ends_with_the_remedy(command: str, tmp_path: Path) -> None:
    told = {
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "http://chat.example.com",
        "DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/app",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    async with running("app", command, environment=told, folder=tmp_path) as program:
        code = await program.ended()

    assert code == 1
    assert "service.002 PUBLIC_URL is http://chat.example.com" in program.output
    assert "Set PUBLIC_URL to the https address" in program.output
    assert "database.001" in program.output
    assert "secret" not in program.output
    assert "Traceback" not in program.output


def test_without_the_checks_it_would_start(production: pytest.MonkeyPatch) -> None:
    production.setenv("LOG_LEVEL", "debug")
    production.setenv("CHECKS_SILENCED", "service.007, service.004")

    assert deployed(Settings())


def test_outside_production_nothing_holds_up_a_start(production: pytest.MonkeyPatch) -> None:
    production.setenv("PUBLIC_URL", "http://127.0.0.1:8000")
    production.setenv("ENVIRONMENT", "development")

    assert deployed(Settings())
    assert [one.check.id for one in findings(Settings())] == ["service.001", "service.002"]


def test_the_command_judges_as_production_would(production: pytest.MonkeyPatch) -> None:
    production.setenv("ENVIRONMENT", "development")
    production.setenv("DATABASE_URL", "")
    production.setenv("REDIS_URL", "")

    reminded = CliRunner().invoke(main, ["check"])
    judged = CliRunner().invoke(main, ["check", "--deploy"])

    assert "in production: service.001 ENVIRONMENT is development" in reminded.output
    assert "dangerous: service.001 ENVIRONMENT is development" in judged.output
    assert judged.exit_code == 1


def test_the_page_and_the_checks_agree(app: Quart) -> None:
    pages = [ROOT / "docs/checks.md", *(ROOT / "docs/features").glob("*.md")]
    rows = [row for page in pages for row in ROW.findall(page.read_text())]
    checks = list(resources_of(app).checks)

    assert len({check.id for check in PLATFORM}) == len(PLATFORM) > 30
    assert sorted((number, effect, remedy) for number, _, effect, remedy in rows) == sorted(
        (check.id, EFFECT[check.severity], check.remedy) for check in checks
    )


def test_an_id_is_well_formed_and_given_once() -> None:
    one = Check("greetings.001", "warning", "Say hello.", lambda settings: None)
    checks = Checks([one])

    with pytest.raises(ValueError, match=r"greetings\.001"):
        checks.add(one)
    with pytest.raises(ValueError, match="three digits"):
        Check("greetings", "warning", "Say hello.", lambda settings: None)
