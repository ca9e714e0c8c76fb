"""The routes of the live application, and which of them take an id."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel
from pydantic import TypeAdapter
from quart import Quart
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE

from app.principal import ANONYMOUS
from app.web.guards import Guard
from app.web.guards import guard_of
from app.web.guards import signed_in
from app.web.shapes import is_page
from app.web.static_files import is_static
from tests.access.scene import PLATFORM

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FEATURE = re.compile(r"app\.features\.(\w+)")
ID = re.compile(r"(^|_)(id|ids|key|uuid)$")


@dataclass(frozen=True)
class LiveRoute:
    """One method of one address, and the view behind it."""

    method: str
    rule: str
    endpoint: str
    arguments: frozenset[str]
    view: Callable[..., Any]
    guard: Guard

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def feature(self) -> str:
        """The feature whose scene knows this route's ids."""
        found = FEATURE.match(self.view.__module__)
        return found.group(1) if found else PLATFORM

    @property
    def is_page(self) -> bool:
        """Whether it takes forms and answers with pages."""
        return is_page(self.view)

    @property
    def is_for_anybody(self) -> bool:
        """Whether nobody has to be signed in."""
        return self.guard.admits(ANONYMOUS)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields of its declared body; empty when it declares none."""
        declared = getattr(self.view, QUART_SCHEMA_REQUEST_ATTRIBUTE, None)
        return _fields(declared[0]) if declared else frozenset()

    @cached_property
    def queries(self) -> frozenset[str]:
        """The members of its declared query; empty when it declares none."""
        declared = getattr(self.view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None)
        return _fields(declared) if declared else frozenset()

    @property
    def reads_json(self) -> bool:
        """Whether it declares the shape of a body."""
        return hasattr(self.view, QUART_SCHEMA_REQUEST_ATTRIBUTE)

    @property
    def takes_an_id(self) -> bool:
        """Whether something of somebody's is named: in the address, the query or the body."""
        names = self.fields | self.queries
        return bool(self.arguments) or any(ID.search(name) for name in names)


def _fields(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(TypeAdapter(model).json_schema().get("properties", {}))


def live_routes(app: Quart) -> list[LiveRoute]:
    """Returns every route but files, in the order of their names."""
    found = [
        LiveRoute(
            method,
            rule.rule,
            rule.endpoint,
            frozenset(rule.arguments),
            app.view_functions[rule.endpoint],
            guard_of(app.view_functions, rule.endpoint) or signed_in,
        )
        for rule in app.url_map.iter_rules()
        if not is_static(rule.endpoint) and not rule.websocket
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=str)
