"""The Lua scripts in ``scripts/``, read once; each runs as one atomic step on the server.

On a Cluster they announce by sharded pub/sub: the same scripts, with another ``ANNOUNCE``.
"""

from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

FOLDER = Path(__file__).with_name("scripts")


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the digest under which a server that has seen it knows it."""

    source: str
    digest: str


def _read(*names: str, grows: bool = False) -> Script:
    """Returns a script; one that ``grows`` is refused as a whole by a server out of memory.

    Without that first line a server lets a script go on that has written anything, if only an
    expiry: it would fill the memory beyond its limit.
    """
    body = "\n".join((FOLDER / f"{name}.lua").read_text() for name in names)
    first = "#!lua\n" if grows else ""
    return _script(f"{first}local ANNOUNCE = 'PUBLISH'\n{body}")


def _script(source: str) -> Script:
    return Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest())


PUBLISH = _read("epoch", "publish", grows=True)
HISTORY = _read("epoch", "history")
REPLICATION = _read("replication")
JOIN = _read("roster", "join", grows=True)
SNAPSHOT = _read("roster", "snapshot")
LINGER = _read("roster", "linger")
END = _read("roster", "end")
LEASE = _read("roster", "lease")
RESYNC = _read("roster", "resync")
OVERDUE = _read("roster", "overdue")
DUE = _read("roster", "due")

SCRIPTS = (PUBLISH, HISTORY, REPLICATION, JOIN, SNAPSHOT, LINGER, END, LEASE, RESYNC, OVERDUE, DUE)
SHARDED = {one: _script(one.source.replace("'PUBLISH'", "'SPUBLISH'")) for one in SCRIPTS}
