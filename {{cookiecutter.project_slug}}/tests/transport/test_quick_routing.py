"""Routing by what is remembered finds what Werkzeug finds, also when there is more to find."""

import json
from typing import Any

import pytest
from quart import Quart
from quart import Request
from quart import request
from quart import url_for

from app.settings import WebSettings
from app.transport import harden
from app.transport.plain_exchange import PlainHTTPConnection
from app.transport.quick_routing import KEPT_HOSTS
from app.transport.quick_routing import QuickAdapter
from app.transport.quick_routing import QuickRouting
from tests.transport.exchanges import exchange
from tests.transport.exchanges import scope

ASKED = [
    ("GET", "/", "localhost"),
    ("GET", "/fixed", "localhost"),
    ("HEAD", "/fixed", "localhost"),
    ("POST", "/fixed", "localhost"),
    ("OPTIONS", "/fixed", "localhost"),
    ("GET", "/fixed?a=%20b", "localhost:8000"),
    ("GET", "/folder", "localhost"),
    ("GET", "/folder/", "localhost"),
    ("GET", "//fixed", "localhost"),
    ("GET", "/rooms/7", "localhost"),
    ("GET", "/rooms/x", "localhost"),
    ("GET", "/nowhere", "localhost"),
    ("GET", "/either", "localhost"),
    ("GET", "/absolute", "LocalHost:80"),
    ("GET", "/absolute", "other.example:443"),
    ("GET", "/absolute", "no host at all"),
    ("GET", "/absolute", ""),
]


def routes(app: Quart) -> Quart:
    """Adds some of every kind."""

    @app.route("/", methods=["GET"])
    @app.route("/fixed", methods=["GET", "POST"])
    @app.get("/folder/")
    @app.get("/either", strict_slashes=False)
    @app.get("/rooms/<int:number>")
    @app.get("/with/<path:rest>")
    async def tell(**values: Any) -> dict[str, Any]:
        return {"endpoint": request.endpoint, "values": values, "rule": str(request.url_rule)}

    @app.get("/absolute")
    async def absolute() -> str:
        return url_for("tell", _external=True, number=1)

    return app


@pytest.mark.parametrize(("method", "address", "host"), ASKED)
async def test_it_answers_as_stock_quart_does(
    hardened: Quart, stock: Quart, method: str, address: str, host: str
) -> None:
    path, _, query = address.partition("?")
    asked = scope(path, method=method)
    asked.update(query_string=query.encode(), headers=[(b"host", host.encode())])

    quick, slow = routes(hardened), routes(stock)
    answers = [await exchange(quick, asked) for _ in range(3)]
    expected = await exchange(slow, asked)

    assert [told(answer) for answer in answers] == [told(expected)] * 3


def told(answer: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Returns what an answer says of the route: its status, two headers, and its own words."""
    start, body = answer[0], b"".join(message.get("body", b"") for message in answer)
    headers = dict(start["headers"])
    allowed = sorted(headers.get(b"allow", b"").split(b", "))
    words = json.loads(body) if start["status"] == 200 and body.startswith(b"{") else None
    return start["status"], headers.get(b"location"), allowed, words


def asked_for(app: Quart, path: str, *, host: str = "localhost") -> Request:
    """Returns a request as it comes from a server."""

    async def send(message: Any) -> None:
        raise AssertionError(message)

    asked: Any = scope(path)
    asked["headers"] = [(b"host", host.encode())]
    return PlainHTTPConnection(app, asked)._create_request_from_scope(send)


def test_a_rule_that_is_added_later_is_found() -> None:
    app = Quart("later", static_folder=None)
    routing = QuickRouting(app)
    app.add_url_rule("/<name>", "any", lambda name: name)
    app.add_url_rule("/known", "known", lambda: "")

    def match(path: str) -> str:
        adapter = routing.adapter(asked_for(app, path))
        assert isinstance(adapter, QuickAdapter)
        return str(adapter.match(return_rule=True)[0].endpoint)

    assert (match("/known"), match("/later")) == ("known", "any")
    app.add_url_rule("/later", "later", lambda: "")

    assert (match("/known"), match("/later"), match("/other")) == ("known", "later", "any")


def test_hosts_of_clients_do_not_pile_up(stock: Quart) -> None:
    routing = QuickRouting(stock)
    for number in range(KEPT_HOSTS + 50):
        adapter = routing.adapter(asked_for(stock, "/", host=f"h{number}.example"))
        assert adapter
        assert adapter.server_name == f"h{number}.example"

    assert len(routing._hosts) == KEPT_HOSTS


def test_an_application_that_routes_by_host_is_left_alone(limits: WebSettings) -> None:
    app = Quart("hosts", static_folder=None, host_matching=True)
    harden(app, limits)
    app.add_url_rule("/", "here", lambda: "", host="here.example")

    adapter = app.create_url_adapter(asked_for(app, "/", host="here.example"))

    assert adapter
    assert not isinstance(adapter, QuickAdapter)
    assert adapter.match()[0] == "here"
