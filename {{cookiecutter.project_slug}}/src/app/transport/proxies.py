"""Who calls, when proxies of ours stand in front: as many of them as the setting says, no more."""

from ipaddress import ip_address
from typing import Any
from typing import cast

from hypercorn.typing import ASGIFramework
from hypercorn.typing import ASGIReceiveCallable
from hypercorn.typing import ASGISendCallable
from hypercorn.typing import Scope

SECURE = {"http": "https", "ws": "wss", "https": "https", "wss": "wss"}


class BehindProxies:
    """Corrects the address and the scheme in the scope of every call to ``inner``.

    Each proxy adds the address that it was called from to the end of ``X-Forwarded-For``. With
    ``hops`` proxies of ours the last ``hops`` entries are true and the first of these is the
    caller; what stands before them anybody may have written, and is never looked at. With no
    proxy the header is not looked at at all.
    """

    def __init__(self, inner: ASGIFramework, *, hops: int) -> None:
        self._inner = inner
        self._hops = hops

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Passes the call on."""
        if self._hops and scope["type"] in {"http", "websocket"}:
            scope = self._corrected(scope)
        await self._inner(scope, receive, send)

    def _corrected(self, scope: Scope) -> Scope:
        corrected: dict[str, Any] = dict(cast("dict[str, Any]", scope))
        address = self._entry(corrected, b"x-forwarded-for")
        if address and (known := _address(address)):
            corrected["client"] = (known, 0)
        if self._entry(corrected, b"x-forwarded-proto") == "https":
            # Quart wants wss of a socket; Hypercorn's own middleware says https and breaks it.
            corrected["scheme"] = SECURE.get(corrected["scheme"], corrected["scheme"])
        return cast("Scope", corrected)

    def _entry(self, scope: dict[str, Any], name: bytes) -> str | None:
        lines = [value.decode("latin1") for key, value in scope["headers"] if key.lower() == name]
        entries = [entry.strip() for entry in ",".join(lines).split(",") if entry.strip()]
        return entries[-min(self._hops, len(entries))] if entries else None


def _address(entry: str) -> str | None:
    """Returns the address in an entry, which may come with brackets and a port."""
    bare = entry.partition("]")[0].lstrip("[") if entry.startswith("[") else entry
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ip_address(bare))
    except ValueError:
        return None
