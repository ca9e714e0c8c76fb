"""Who the client is."""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True, slots=True)
class Credentials:
    """A cookie, a bearer token, or tickets that are fetched for each connection.

    ``cookie`` is the whole header ``Cookie``. ``ticket`` is awaited before every connection and
    whenever the server says that the credentials expire; it raises SignedOut to stop the client,
    and any other error has it tried again later. Secrets are kept out of ``repr``.
    """

    cookie: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)
    ticket: Callable[[], Awaitable[str]] | None = None

    def headers(self) -> dict[str, str]:
        """Returns what goes into the handshake."""
        headers = {}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer}"
        return headers


ANONYMOUS = Credentials()
