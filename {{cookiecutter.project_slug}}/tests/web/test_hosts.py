"""Requests for names that are not ours: refused before anything looks at them (B14)."""

from typing import Any

import pytest
from pydantic import ValidationError
from quart import Quart
from quart import url_for

from app.settings import Settings
from app.web.hosts import PROBES
from app.web.hosts import Hosts
from tests.people import Person
from tests.web.raw_answers import UPGRADE
from tests.web.raw_answers import ask
from tests.web.walking import every_call

FORGED = [
    "elsewhere.example",
    "example.com.elsewhere.example",
    "elsewhere.example:443",
    "notexample.com",
    "example.com.",
    "example.com:8443",
    "example.com:443:443",
    "example.com@elsewhere.example",
    "elsewhere.example#example.com",
    "example.com/elsewhere",
    "example.com, elsewhere.example",
    "www.example.com",
    "*.example.com",
    "exämple.com",
    "192.0.2.1",
    "[::1]",
    "localhost",
    "127.0.0.1:8000",
    "",
    " ",
]


def scope_of(*hosts: str, path: str = "/") -> dict[str, Any]:
    """Returns the part of a scope that is judged."""
    return {"path": path, "headers": [(b"host", host.encode()) for host in hosts]}


@pytest.fixture
def hosts() -> Hosts:
    """Returns the hosts of a service in production."""
    return Hosts({"example.com", "api.example.com:8443"}, scheme="https", this_machine=False)


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com:443", "api.example.com:8443"])
def test_a_name_of_ours_is_let_in(hosts: Hosts, host: str) -> None:
    assert hosts.admits(scope_of(host))


@pytest.mark.parametrize("host", FORGED)
def test_a_forged_name_is_not(hosts: Hosts, host: str) -> None:
    assert not hosts.admits(scope_of(host))


def test_no_name_and_two_names_are_none(hosts: Hosts) -> None:
    assert not hosts.admits(scope_of())
    assert not hosts.admits(scope_of("example.com", "example.com"))
    assert not hosts.admits(scope_of("elsewhere.example", "example.com"))


def test_probes_may_ask_by_any_name_and_nothing_else_may(hosts: Hosts) -> None:
    assert all(hosts.admits(scope_of("10.0.0.7:8000", path=path)) for path in PROBES)
    assert not hosts.admits(scope_of("10.0.0.7:8000", path="/livez/"))


def test_outside_of_production_this_machine_is_ours_at_any_port() -> None:
    here = Hosts({"127.0.0.1:8000"}, scheme="http", this_machine=True)

    assert all(map(here.admits, map(scope_of, ("localhost:5000", "127.0.0.1", "[::1]:8000"))))
    assert not here.admits(scope_of("localhost.elsewhere.example"))
    assert not here.admits(scope_of("127.0.0.1:8000:1"))


def test_the_names_follow_from_the_public_address() -> None:
    settings = Settings.model_construct(
        public_url="https://example.com", trusted_hosts="api.example.com:8443, old.example.com"
    )

    assert settings.hosts == {"example.com", "api.example.com:8443", "old.example.com"}


@pytest.mark.parametrize("value", ["*", "*.example.com", "https://example.com", "a b", "EXAMPLE/x"])
def test_a_list_of_hosts_holds_no_wildcards_and_no_addresses(value: str) -> None:
    with pytest.raises(ValidationError, match="is no host"):
        Settings(trusted_hosts=value)


async def test_no_route_answers_a_forged_name(app: Quart, ada: Person) -> None:
    wrong: list[str] = []
    for call in every_call(app):
        answer = await ada.client.open(
            call.address, method=call.method, headers={"Host": "elsewhere.example"}
        )
        told = await answer.get_data(as_text=True) + str(answer.headers)
        if call.address not in PROBES and (answer.status_code != 400 or "elsewhere" in told):
            wrong.append(str(call))

    assert wrong == []


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/realtime/socket", UPGRADE),
        ("/realtime/events?topic=room:7", {}),
        ("/realtime/commands", {}),
        ("/", {"X-Forwarded-Host": "127.0.0.1"}),
        ("http://127.0.0.1/", {}),
    ],
)
async def test_neither_do_the_endpoints_in_front_of_quart(
    live_server: str, settings: Settings, ada: Person, target: str, headers: dict[str, str]
) -> None:
    sent = {"Host": "elsewhere.example", "Cookie": ada.cookie, "Origin": live_server, **headers}

    answer = await ask(settings.server.port, "GET", target, list(sent.items()))

    assert answer.status == 400
    assert b"elsewhere" not in answer.head + answer.body


async def test_an_absolute_address_is_built_only_from_a_name_of_ours(small_app: Quart) -> None:
    @small_app.get("/where")
    async def where() -> str:
        return url_for("web.home", _external=True)

    client = small_app.test_client()
    client.set_cookie("localhost", "session", "ada")
    here = await client.get("/where", headers={"X-Forwarded-Host": "elsewhere.example"})
    there = await client.get("/where", headers={"Host": "elsewhere.example"})

    assert await here.get_data(as_text=True) == "http://localhost/"
    assert there.status_code == 400


async def test_stock_quart_answers_to_any_name_even_with_a_list() -> None:
    stock = Quart("stock")
    stock.config["TRUSTED_HOSTS"] = ["example.com"]

    @stock.get("/where")
    async def where() -> str:
        return url_for("where", _external=True)

    answer = await stock.test_client().get("/where", headers={"Host": "elsewhere.example"})

    assert await answer.get_data(as_text=True) == "http://elsewhere.example/where"
