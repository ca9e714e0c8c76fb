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


def _read(*names: str) -> Script:
    body = "\n".join((FOLDER / f"{name}.lua").read_text() for name in names)
    return _script(f"local ANNOUNCE = 'PUBLISH'\n{body}")


def _script(source: str) -> Script:
    return Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest())


PUBLISH = _read("epoch", "publish")
HISTORY = _read("epoch", "history")
REPLICATION = _read("replication")
JOIN = _read("roster", "join")
SNAPSHOT = _read("roster", "snapshot")
LINGER = _read("roster", "linger")
END = _read("roster", "end")
LEASE = _read("roster", "lease")
RESYNC = _read("roster", "resync")
OVERDUE = _read("roster", "overdue")
DUE = _read("roster", "due")

SCRIPTS = (PUBLISH, HISTORY, REPLICATION, JOIN, SNAPSHOT, LINGER, END, LEASE, RESYNC, OVERDUE, DUE)
SHARDED = {one: _script(one.source.replace("'PUBLISH'", "'SPUBLISH'")) for one in SCRIPTS}
