"""The cookie of somebody who signs in as a program."""

import asyncio
import json
from http.client import HTTPConnection
from http.client import HTTPSConnection
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from app.errors import Unauthenticated

PATH = "/api/v1/accounts/sign-in"
DEADLINE_SECONDS = 10.0


async def sign_in(url: str, email: str, password: str) -> str:
    """Returns the header ``Cookie`` of a new session.

    Raises:
        OSError: nobody is there.
        Unauthenticated: the service does not know them.
    """
    return await asyncio.to_thread(_sign_in, url, email, password)


def _sign_in(url: str, email: str, password: str) -> str:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme in {"https", "wss"} else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=DEADLINE_SECONDS)
    try:
        body = json.dumps({"email": email, "password": password})
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        cookies = SimpleCookie()
        for cookie in response.headers.get_all("Set-Cookie", []):
            cookies.load(cookie)
        if response.status != 200 or not cookies:
            raise Unauthenticated(f"{email} may not sign in ({response.status})")
        return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    finally:
        connection.close()
