"""The names that the service goes by: a request for any other is none of ours.

Whoever can choose the host of a request could otherwise choose where the links lead that the
service writes: in an e-mail that resets a password, or in a page that a cache keeps for all.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from typing import Final

# An orchestrator asks a container by its address; these answer the same to everybody.
PROBES: Final = frozenset({"/livez", "/readyz"})
THIS_MACHINE: Final = re.compile(rb"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
PORTS: Final = {"http": 80, "https": 443}


class Hosts:
    """Judges the header ``Host``: exact names with their ports, no wildcard.

    ``scheme`` is that of the public address: its usual port may be named or left out.
    ``this_machine`` admits the names of the loopback interface at any port.
    """

    def __init__(self, names: Iterable[str], *, scheme: str, this_machine: bool) -> None:
        usual = f":{PORTS[scheme]}"
        bare = {name.lower().removesuffix(usual) for name in names}
        named = {f"{name}{usual}" for name in bare if not re.search(r":\d+$", name)}
        self._names = frozenset(name.encode() for name in bare | named)
        self._this_machine = this_machine

    def admits(self, scope: Any) -> bool:
        """Tells whether a request or a handshake is for us: it names one host, and that is ours."""
        asked = [value for name, value in scope["headers"] if name == b"host"]
        if len(asked) != 1:
            return scope["path"] in PROBES
        host = asked[0].lower()
        if host in self._names or (self._this_machine and _is_this_machine(host)):
            return True
        return scope["path"] in PROBES


@lru_cache(maxsize=256)  # the same few again and again; hosts come from clients
def _is_this_machine(host: bytes) -> bool:
    return THIS_MACHINE.fullmatch(host) is not None
