"""The end of a pool: nothing opens behind it, and what is still out is closed when it comes back.

SQLAlchemy's ``dispose`` puts a new pool in the place of the old one and forgets what is checked
out: a task that outlives the service would open a connection, or give one back, where nobody
closes it.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from app.errors import Unavailable


class Ending:
    """Closes the pool of an engine for good; made before anybody else listens to its connecting."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._has_begun = False
        event.listen(engine.sync_engine, "do_connect", self._refuse)
        event.listen(engine.sync_engine, "checkin", self._close)

    async def begin(self) -> None:
        """Closes what is in the pool; whoever still has a connection ends its work in peace."""
        self._has_begun = True
        await self._engine.dispose()

    def check(self) -> None:
        """Lets a new connection be opened.

        Raises:
            Unavailable: nobody would close it any more.
        """
        if self._has_begun:
            raise Unavailable("The service is ending.")

    def _refuse(self, *_: object) -> None:
        self.check()

    def _close(self, connection: Any, record: ConnectionPoolEntry) -> None:
        if self._has_begun and connection is not None:
            record.invalidate()
