"""From an address to an open connection, or to why there is none."""

import ssl
from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus
from websockets.uri import parse_uri

from app.realtime.client.credentials import Credentials
from app.realtime.client.wire import Address

SOCKET_PATH = "/realtime/socket"


def address_of(
    url: str, credentials: Credentials, *, origin: str | None, tls: ssl.SSLContext | None
) -> Address:
    """Returns where to connect to; ``url`` is the service's, or its socket's.

    Whoever brings a cookie must name an origin, since a browser would; it is the service's own
    unless told otherwise.

    Raises:
        ValueError: ``url`` is no address of a server.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "ws", "wss"} or not parts.hostname:
        raise ValueError(f"{url!r} is not like https://example.com")
    is_secure = parts.scheme in {"https", "wss"}
    path = parts.path if parts.path.strip("/") else SOCKET_PATH
    uri = parts._replace(scheme="wss" if is_secure else "ws", path=path, fragment="").geturl()
    if origin is None and credentials.cookie:
        origin = f"http{'s' * is_secure}://{parts.netloc}"
    if is_secure and tls is None:
        tls = ssl.create_default_context()
    return Address(parse_uri(uri), origin, credentials.headers(), tls if is_secure else None)


def pause_ms(failure: Exception) -> int:
    """Returns how long a refusal asks to stay away, in milliseconds; 0 when it does not say."""
    if not isinstance(failure, InvalidStatus):
        return 0
    seconds = failure.response.headers.get("Retry-After", "0")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() else 0
