"""The address of a route is the one that Quart builds, and nothing is compiled before its time."""

from datetime import date

import pytest
from quart import Quart
from quart.routing import QuartRule
from werkzeug.routing import BuildError
from werkzeug.routing import Rule

from app.transport.late_rules import Builder
from app.transport.late_rules import LateRule

ADDRESSES: list[tuple[str, dict[str, object]]] = [
    ("plain", {}),
    ("plain", {"page": 2, "of": ["a b", "ü"]}),
    ("plain", {"self": "me", "rule": "mine", "values": 1}),
    ("number", {"number": 7}),
    ("number", {"number": 7, "since": date(2026, 1, 2)}),
    ("number", {"number": "seven"}),
    ("number", {}),
    ("path", {"rest": "a/b c/ü"}),
    ("given", {"number": 1}),
    ("given", {"number": 2}),
    ("given", {}),
    ("nowhere", {}),
]


def routes(rule_class: type[QuartRule]) -> Quart:
    """Returns an application with a rule of every kind."""
    app = Quart("rules", static_folder=None)
    app.url_rule_class = rule_class
    app.add_url_rule("/a b/plain", "plain", str)
    app.add_url_rule("/numbers/<int:number>", "number", str)
    app.add_url_rule("/files/<path:rest>/x", "path", str)
    app.add_url_rule("/given", "given", str, defaults={"number": 1})
    app.add_url_rule("/given/<int:number>", "given", str)
    return app


def address(app: Quart, endpoint: str, values: dict[str, object]) -> str:
    """Returns an address, or what is wrong with what it was asked for with."""
    try:
        return app.url_map.bind("localhost").build(endpoint, values)
    except (BuildError, ValueError) as error:
        return type(error).__name__


@pytest.mark.parametrize(("endpoint", "values"), ADDRESSES)
def test_an_address_is_the_one_that_quart_builds(endpoint: str, values: dict[str, object]) -> None:
    late, stock = routes(LateRule), routes(QuartRule)

    asked = [address(late, endpoint, values) for _ in range(2)]

    assert asked == [address(stock, endpoint, values)] * 2


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Rule]:
    """Returns the rules whose addresses Werkzeug has compiled, as it goes on."""
    rules: list[Rule] = []
    stock = Rule._compile_builder

    def noted(rule: Rule, append_unknown: bool = True) -> Builder:
        rules.append(rule)
        return stock(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noted)
    return rules


def test_an_address_is_compiled_when_it_is_first_asked_for(compiled: list[Rule]) -> None:
    app = routes(LateRule)
    before = len(compiled)

    built = [address(app, "number", {"number": number}) for number in (7, 8)]

    assert before == 0
    assert [rule.endpoint for rule in compiled] == ["number"]
    assert built == ["/numbers/7", "/numbers/8"]


def test_stock_rules_are_all_compiled_at_once(compiled: list[Rule]) -> None:
    app = routes(QuartRule)

    assert len(compiled) == 2 * len(list(app.url_map.iter_rules()))
