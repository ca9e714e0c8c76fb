"""What ``REDIS_URL`` names: one server, a Cluster, or a primary that Sentinels watch over.

    redis://host:6379/0            rediss:// with TLS, unix://path?db=0
    redis+cluster://h1:6379,h2:6379,h3:6379             some nodes; the others are found
    redis+sentinel://h1:26379,h2:26379/service/0        the Sentinels, the service, the database

``rediss+cluster`` and ``rediss+sentinel`` speak TLS to the servers. User and password stand in
front of the hosts and are those of the servers; options after ``?`` are redis-py's.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit

CLUSTER_PORT = 6379
SENTINEL_PORT = 26379
DEFAULT_URL = "redis://localhost:6379/0"

SCHEMES = frozenset({"redis", "rediss"})
KINDS = frozenset({"", "cluster", "sentinel"})

Address = tuple[str, int]
Kind = Literal["server", "cluster", "sentinel"]


@dataclass(frozen=True, slots=True)
class RedisServers:
    """One address, taken apart; ``hosts`` are empty for a single server, whose URL says it all."""

    kind: Kind
    url: str
    hosts: tuple[Address, ...] = ()
    service: str = ""
    database: int = 0

    @property
    def shown(self) -> str:
        """The address fit for a log: no user, no password, no options."""
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            return f"unix://{parts.path}"
        if self.kind == "server":
            host, port = parts.hostname or "localhost", parts.port or CLUSTER_PORT
            return f"{parts.scheme}://{host}:{port}{parts.path}"
        return f"{parts.scheme}://{','.join(map(shown_address, self.hosts))}{parts.path}"

    @property
    def has_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.url.startswith("rediss")

    @property
    def login(self) -> dict[str, str]:
        """The user and the password of the servers, as far as there are any."""
        parts = urlsplit(self.url)
        found = {"username": parts.username, "password": parts.password}
        return {name: unquote(value) for name, value in found.items() if value}

    def url_of(self, address: Address) -> str:
        """Returns what redis-py takes for one of the servers, with what all of them share."""
        parts = urlsplit(self.url)
        scheme = parts.scheme.partition("+")[0]
        login, at, _ = parts.netloc.rpartition("@")
        query = f"?{parts.query}" if parts.query else ""
        return f"{scheme}://{login}{at}{shown_address(address)}/{self.database}{query}"

    def sentinel_url(self, address: Address, username: str, password: str) -> str:
        """Returns what redis-py takes for one of the Sentinels, which have a login of their own."""
        parts = urlsplit(self.url)
        scheme = parts.scheme.partition("+")[0]
        login = f"{quote(username)}:{quote(password)}@" if password else ""
        query = f"?{parts.query}" if parts.query else ""
        return f"{scheme}://{login}{shown_address(address)}{query}"


def redis_servers(url: str) -> RedisServers:
    """Takes an address apart; none at all is the usual place on this machine.

    Raises:
        ValueError: another kind of address, a port that is no number, a Cluster without nodes or
            with a database, Sentinels without a service.
    """
    url = url or DEFAULT_URL
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    if parts.scheme != "unix" and (scheme not in SCHEMES or kind not in KINDS):
        raise ValueError(
            "REDIS_URL must begin with redis://, rediss:// or unix://, or for several servers"
            " with redis+cluster:// or redis+sentinel://"
        )
    path = [part for part in parts.path.split("/") if part]
    if kind == "cluster":
        if path not in ([], ["0"]):
            raise ValueError("REDIS_URL: a Cluster has no databases, so no path either")
        return RedisServers("cluster", url, _hosts(parts.netloc, CLUSTER_PORT))
    if kind == "sentinel":
        service, database = _service(path)
        hosts = _hosts(parts.netloc, SENTINEL_PORT)
        return RedisServers("sentinel", url, hosts, service=service, database=database)
    _require_port(parts.netloc)
    return RedisServers("server", url)


def shown_address(address: Address) -> str:
    """Returns ``host:port``, an IPv6 address in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _service(path: list[str]) -> tuple[str, int]:
    """Returns the service that the Sentinels watch over, and the number of its database."""
    match path:
        case [service]:
            return service, 0
        case [service, database] if database.isdecimal():
            return service, int(database)
    raise ValueError("REDIS_URL: after the Sentinels comes /service or /service/database")


def _hosts(netloc: str, port: int) -> tuple[Address, ...]:
    """Returns the hosts between the login and the path, in order."""
    found = tuple(_address(one, port) for one in netloc.rpartition("@")[2].split(",") if one)
    if not found:
        raise ValueError("REDIS_URL names no host")
    return found


def _require_port(netloc: str) -> None:
    try:
        _ = urlsplit(f"//{netloc}").port
    except ValueError:  # theirs may show a part of a password
        raise ValueError(f"REDIS_URL is no address such as {DEFAULT_URL}") from None


def _address(text: str, port: int) -> Address:
    _require_port(text)
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(f"REDIS_URL: {text!r} is no host")
    return parts.hostname, parts.port or port
