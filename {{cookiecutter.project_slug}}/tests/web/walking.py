"""Every address of the live application with its methods, filled in so that it can be called."""

from collections.abc import Iterator
from dataclasses import dataclass

from quart import Quart
from werkzeug.routing import UUIDConverter
from werkzeug.routing.converters import NumberConverter

from app.web.static_files import is_static

PROBING_UUID = "00000000-0000-0000-0000-00000000beef"
FILLED = {NumberConverter: 1, UUIDConverter: PROBING_UUID}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: a method and an address, and the endpoint that it is meant for."""

    method: str
    address: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def every_call(app: Quart) -> Iterator[Call]:
    """Yields a call of each method of each route; a static folder counts once."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.websocket:
            continue
        values = {
            name: next((v for kind, v in FILLED.items() if isinstance(converter, kind)), "nothing")
            for name, converter in rule._converters.items()
        }
        address = adapter.build(rule.endpoint, values, force_external=False)
        for method in sorted(rule.methods or ()):
            if not is_static(rule.endpoint) or method == "GET":
                yield Call(method, address, rule.endpoint)
