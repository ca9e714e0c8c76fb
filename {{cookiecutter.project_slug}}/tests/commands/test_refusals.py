"""What a command says of an answer that it cannot use: one line that names it, and no traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result

from app.__main__ import main
from app.serving.listener import CannotListen
from app.serving.listener import listen_near
from tests.programs import running

AWAY = {
    "DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/app",
    "REDIS_URL": "redis://:secret@127.0.0.1:2/0",
}
PROVIDER = '[{"name": "x", "issuer": "https://x.example", "client_id": 1, "client_secret": "s"}]'
BAD = [
    ("DATABASE_URL", "localhost/app", "DATABASE_URL must begin with postgresql://"),
    ("DATABASE_URL", "postgresql://app@db:port/app", "DATABASE_URL is no address such as"),
    ("REDIS_URL", "http://127.0.0.1:2/0", "REDIS_URL must begin with redis://"),
    ("REDIS_URL", "localhost:6379", "REDIS_URL must begin with redis://"),
    ("REDIS_URL", "redis://localhost:port", "REDIS_URL is no address such as"),
    ("REDIS_URL", "redis+kluster://localhost", "REDIS_URL must begin with redis://"),
    ("DATABASE_URL_FILE", "/nowhere/url", "DATABASE_URL_FILE: cannot read /nowhere/url: No such"),
    ("OPENID_PROVIDERS", "example", "OPENID_PROVIDERS: this is no JSON: Expecting value"),
    ("OPENID_PROVIDERS", PROVIDER, "OPENID_PROVIDERS.0.client_id: Input should be a valid string"),
    ("PUBLIC_URL", "example.com", "Error: PUBLIC_URL is a scheme and a host"),
]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Works in an empty folder, where both servers are away."""
    monkeypatch.chdir(tmp_path)
    for name, value in AWAY.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def taken() -> Iterator[int]:
    """Yields a port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def told(result: Result) -> str:
    """Returns what a command said; an exception of its own would be a traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code != 0
    return result.output


@pytest.mark.parametrize(("name", "value", "line"), BAD)
def test_check_names_a_value_that_it_cannot_use(
    name: str, value: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith("_FILE"):
        monkeypatch.delenv(name.removesuffix("_FILE"))
    monkeypatch.setenv(name, value)

    assert line in told(CliRunner().invoke(main, ["check"]))


@pytest.mark.parametrize(("name", "value", "line"), BAD)
def test_serve_refuses_it_in_one_line(
    name: str, value: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith("_FILE"):
        monkeypatch.delenv(name.removesuffix("_FILE"))
    monkeypatch.setenv(name, value)

    output = told(CliRunner().invoke(main, ["serve"]))

    assert line in output
    assert len(output.splitlines()) == 1
    assert "secret" not in output


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        (("serve",), "SERVER_PORT"),
        (("serve", "--processes", "2"), "SERVER_PORT"),
        (("worker",), "METRICS_WORKER_PORT"),
    ],
)
async def test_a_port_that_is_taken_is_named(
    arguments: tuple[str, ...], variable: str, taken: int
) -> None:
    environment = {**AWAY, variable: str(taken)}

    async with running("app", *arguments, environment=environment) as program:
        code = await program.ended()

    assert program.lines == [f"Error: cannot listen on 127.0.0.1:{taken}: Address already in use"]
    assert code == 1


def test_dev_refuses_a_port_that_no_port_is() -> None:
    assert "99999 is not in the range" in told(CliRunner().invoke(main, ["dev", "--port", "99999"]))


def test_dev_names_the_address_that_is_not_of_this_machine() -> None:
    output = told(CliRunner().invoke(main, ["dev", "--host", "192.0.2.1", "--port", "8000"]))

    assert "cannot listen on 192.0.2.1:8000: " in output
    assert "Errno" not in output


def test_near_the_last_port_there_are_no_more() -> None:
    with listen_near("127.0.0.1", 65_535, attempts=50) as first:
        assert first.getsockname()[1] == 65_535

        with pytest.raises(CannotListen, match="65535"):
            listen_near("127.0.0.1", 65_535, attempts=50)


def test_load_says_where_nobody_answers() -> None:
    url = "http://127.0.0.1:1"

    assert f"nobody answers at {url}: " in told(CliRunner().invoke(main, ["load", url]))
