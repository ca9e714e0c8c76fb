"""Routing of what is asked again and again: hosts and fixed addresses are looked at once.

For each request Werkzeug takes the host apart, encodes it and walks its tree of rules: a fifth of
a plain request. The same host gives the same adapter, but for the address; and an address without
variable parts is always that of the same rule.
"""

from typing import Any
from typing import Final

from quart import Quart
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.routing import Map
from werkzeug.routing import MapAdapter
from werkzeug.routing import Rule

# Hosts come from clients: of more than so many, those that come later are looked at anew.
KEPT_HOSTS: Final = 256
KEPT_ADDRESSES: Final = 4_096

Host = tuple[str | None, Any, str, str]
Address = tuple[str, str, bool]


class QuickAdapter(MapAdapter):
    """Werkzeug's adapter, which finds fixed addresses among those that it has found before."""

    known: dict[Address, Rule]

    def match(self, *args: Any, **options: Any) -> Any:
        """Returns what matches, as there; only ``match(return_rule=True)`` is quicker."""
        if args or options != {"return_rule": True}:
            return super().match(*args, **options)
        known = self.known
        if self.map._remap:  # a rule was added, which may be a better one
            known.clear()
        address = (self.path_info, self.default_method, self.websocket)
        rule = known.get(address)
        if rule is not None:
            return rule, {}
        found, values = super().match(return_rule=True)
        if not (found.arguments or values) and len(known) < KEPT_ADDRESSES:
            known[address] = found
        return found, values


class QuickRouting:
    """Makes the adapters of one application that routes by neither hosts nor subdomains."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._bind = app.create_url_adapter
        self._hosts: dict[Host, MapAdapter] = {}
        self._known: dict[Address, Rule] = {}

    def adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Returns the adapter of a request, or what Quart makes where that may not be known."""
        url_map: Map = self._app.url_map
        if (
            request is None
            or request.trusted_hosts
            or url_map.host_matching
            or self._app.subdomain_matching
            or self._app.config["SERVER_NAME"] is not None
        ):
            return self._bind(request)
        host = (request.headers.get("Host"), request.server, request.scheme, request.root_path)
        bound = self._hosts.get(host)
        if bound is None:
            bound = self._bind(request)
            if bound is None or type(bound) is not MapAdapter:
                return bound
            if len(self._hosts) < KEPT_HOSTS:
                self._hosts[host] = bound
        adapter = QuickAdapter(
            url_map,
            bound.server_name,
            bound.script_name,
            bound.subdomain,
            bound.url_scheme,
            request.path,
            request.method,
            request.query_string.decode(),
        )
        adapter.known = self._known
        return adapter


def route_quickly(app: Quart) -> None:
    """Has the application route by what it remembers."""
    app.create_url_adapter = QuickRouting(app).adapter  # type: ignore[method-assign]
