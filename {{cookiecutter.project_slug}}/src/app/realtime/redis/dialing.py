"""How a link gets its next connection: straight to a server, or by asking who the primary is."""

from typing import Protocol

from redis.asyncio.connection import AbstractConnection
from redis.asyncio.connection import ConnectionPool

# A server that is back has to be noticed within two seconds, however long it was away.
PAUSE_CAP_SECONDS = 1.0


class Dial(Protocol):
    """Makes connections; ``pause_cap_seconds`` is the longest pause between two attempts."""

    connect_seconds: float
    pause_cap_seconds: float

    async def connect(self) -> AbstractConnection:
        """Returns a connection, made.

        Raises:
            RedisError: it cannot be made; so do OSError and TimeoutError.
        """


class ServerDial:
    """Connects to one server."""

    def __init__(
        self,
        url: str,
        *,
        connect_seconds: float,
        pause_cap_seconds: float = PAUSE_CAP_SECONDS,
    ) -> None:
        self.connect_seconds = connect_seconds
        self.pause_cap_seconds = pause_cap_seconds
        # A time-out on reading would end a quiet subscription: deadlines are kept by the callers.
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=connect_seconds,
            driver_info=None,
        )

    async def connect(self) -> AbstractConnection:
        """Returns a connection, made."""
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection


async def ask(connection: AbstractConnection, *command: str) -> list[bytes]:
    """Returns the answer, a list, to one command on a connection that nobody else uses.

    Raises:
        RedisError: refused; OSError when the connection is lost.
    """
    await connection.send_command(*command, check_health=False)
    answer: list[bytes] = await connection.read_response()
    return answer
