"""The name of a connection that its owner may use elsewhere, checked without asking anybody.

It ends in a hash of the connection and of the session it belongs to. A command over HTTP may land
in another process, which knows nothing of the connection: the hash tells it whose it is.
"""

import hashlib

from app.principal import Principal

TAG_CHARACTERS = 12


def name_for(who: Principal, connection_id: str) -> str:
    """Returns what ``hello`` and ``welcome`` call the connection."""
    return f"{connection_id}.{_tag(who, connection_id)}"


def id_of_own(who: Principal, name: str) -> str | None:
    """Returns the id of a connection of the caller's own session, None for any other name."""
    connection_id, _, tag = name.partition(".")
    return connection_id if tag == _tag(who, connection_id) else None


def _tag(who: Principal, connection_id: str) -> str:
    owner = who.session_id or who.token_id or who.known_id
    return hashlib.sha256(f"{owner} {connection_id}".encode()).hexdigest()[:TAG_CHARACTERS]
