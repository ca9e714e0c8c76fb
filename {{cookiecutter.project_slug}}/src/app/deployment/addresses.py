"""Checks of the addresses: the service's own, PostgreSQL's and Redis's."""

from ipaddress import ip_address
from urllib.parse import SplitResult
from urllib.parse import parse_qs
from urllib.parse import unquote
from urllib.parse import urlsplit

from app.deployment.checks import dangerous
from app.deployment.checks import warning
from app.settings import Settings

PASSWORD_LEAST_CHARACTERS = 12
# Longer ones that stand in everybody's examples.
WELL_KNOWN = {"changemeplease", "correcthorsebatterystaple", "passwordpassword", "postgrespassword"}
DEFAULT_PORTS = {"http": 80, "https": 443}


@dangerous("service.002", "Set PUBLIC_URL to the https address that people type.")
def no_tls(settings: Settings) -> str | None:
    """Finds an address without TLS."""
    if not settings.is_secure:
        return f"PUBLIC_URL is {settings.public_url}: cookies would travel without TLS"
    return None


@dangerous("service.003", "Write PUBLIC_URL as browsers do: small letters, no user, no usual port.")
def no_origin(settings: Settings) -> str | None:
    """Finds an address that is no ``Origin`` a browser sends, so that every form is refused."""
    parts = urlsplit(settings.public_url)
    sent = parts.hostname or ""
    if ":" in sent:
        sent = f"[{sent}]"
    if parts.port and parts.port != DEFAULT_PORTS[parts.scheme]:
        sent = f"{sent}:{parts.port}"
    if parts.netloc != sent or "*" in sent:
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return f"PUBLIC_URL is {shown}: no browser sends that as its origin"
    return None


@dangerous("web.009", "Leave only https origins in ALLOWED_ORIGINS.")
def plain_origins(settings: Settings) -> str | None:
    """Finds pages without TLS that may act here: whoever is on their way could be them."""
    if settings.is_secure and "http://" in settings.allowed_origins:
        return "ALLOWED_ORIGINS holds an origin without TLS"
    return None


@dangerous("database.001", "Give the database's user a random password of 32 characters.")
def guessable_database(settings: Settings) -> str | None:
    """Finds a password of PostgreSQL that everybody would try first, or none."""
    parts = urlsplit(settings.database.url)
    if not parts.hostname or not _is_network(parts):
        return None  # a socket in the file system knows who calls
    password = unquote(parts.password or "")
    if not password:
        return "DATABASE_URL holds no password"
    short = len(password) < PASSWORD_LEAST_CHARACTERS
    if short or password.lower() in {*WELL_KNOWN, (parts.username or "").lower()}:
        return "DATABASE_URL holds a password that can be guessed"
    return None


@warning("database.002", "Make a user that owns this database and nothing else.")
def almighty_database_user(settings: Settings) -> str | None:
    """Finds the user that may do anything."""
    if urlsplit(settings.database.url).username == "postgres":
        return "DATABASE_URL names the superuser postgres"
    return None


@warning(
    "database.006",
    "Add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE for an authority of your own.",
)
def readable_database(settings: Settings) -> str | None:
    """Finds a way to PostgreSQL that leaves this machine and is not, or not surely, encrypted."""
    parts = urlsplit(settings.database.url)
    if not _is_network(parts) or not _is_elsewhere(parts.hostname or ""):
        return None
    if parse_qs(parts.query).get("sslmode") == ["verify-full"]:
        return None
    return "DATABASE_URL leaves this machine without sslmode=verify-full"


@warning("redis.002", "Begin REDIS_URL with rediss, and leave ssl_cert_reqs as it is.")
def readable_redis(settings: Settings) -> str | None:
    """Finds the same on the way to Redis."""
    parts = urlsplit(settings.redis.url)
    if not any(_is_elsewhere(host) for host in _redis_hosts(parts)):
        return None
    unsure = {"ssl_cert_reqs", "ssl_check_hostname"} & parse_qs(parts.query).keys()
    if parts.scheme.startswith("rediss") and not unsure:
        return None
    return "REDIS_URL leaves this machine without TLS, or without a look at the certificate"


@dangerous("redis.001", "Put a password into REDIS_URL, or Redis into a private network.")
def open_redis(settings: Settings) -> str | None:
    """Finds a Redis on the internet that asks for no password."""
    parts = urlsplit(settings.redis.url)
    if not parts.password and any(_is_global(host) for host in _redis_hosts(parts)):
        return "REDIS_URL names a public address and no password"
    return None


def _is_network(parts: SplitResult) -> bool:
    return "host=/" not in unquote(parts.query)


def _redis_hosts(parts: SplitResult) -> list[str]:
    named = parts.netloc.rpartition("@")[2].split(",")
    return [urlsplit(f"//{one}").hostname or "" for one in named]


def _is_elsewhere(host: str) -> bool:
    """Tells whether a host is another machine; a name without dots is a container beside us."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return "." in host


def _is_global(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


@dangerous("openid.001", "Name each provider in OPENID_PROVIDERS by its https issuer.")
def provider_without_tls(settings: Settings) -> str | None:
    """Finds a provider whose answers, and our secret, whoever is on the way could read."""
    for provider in settings.openid.providers:
        if not provider.issuer.startswith("https://"):
            return f"the issuer of {provider.name} in OPENID_PROVIDERS is without TLS"
    return None


CHECKS = (
    no_tls,
    no_origin,
    plain_origins,
    guessable_database,
    almighty_database_user,
    readable_database,
    open_redis,
    readable_redis,
    provider_without_tls,
)
