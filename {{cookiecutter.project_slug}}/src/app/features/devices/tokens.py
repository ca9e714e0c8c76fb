"""Tokens of devices: what is handed out once, and whom it stands for."""

import asyncio
from collections.abc import Iterable

from sqlalchemy import select

from app.database import Database
from app.errors import Unavailable
from app.identity import Bearer
from app.identity.tables import UserRow
from app.identity.tokens.format import hash_of
from app.identity.tokens.format import hint_of
from app.identity.tokens.format import looks_right
from app.identity.tokens.format import new_api_token
from app.principal import MachineId
from app.principal import Principal
from app.principal import UserId

from .tables import DeviceRow

# No token of a person can have it: it is not offered as a scope.
DEVICE_SCOPE = "devices:device"
SCOPES = frozenset({DEVICE_SCOPE})  # one for thousands of devices


class Tokens:
    """The tokens of all devices; they last until they are replaced or revoked.

    Thousands of devices connect, and are looked at again, at once. They share statements, so that
    they need one connection of the pool and not all of it. Nothing is remembered.
    """

    def __init__(self, database: Database, *, prefix: str) -> None:
        self._database = database
        self._prefix = prefix
        self._asked: dict[bytes, asyncio.Future[Bearer | None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._is_over = False

    def make(self) -> str:
        """Returns a token that no device has."""
        return new_api_token(self._prefix)

    def stored(self, token: str) -> dict[str, bytes | str]:
        """Returns what is kept of a token."""
        return {"token_hash": hash_of(token), "token_hint": hint_of(token, self._prefix)}

    async def find(self, token: str) -> Bearer | None:
        """Returns the device that a token stands for; None when it is nobody's, or no longer.

        Raises:
            Unavailable: PostgreSQL is away, or the service ends.
        """
        if self._is_over:
            raise Unavailable("the service ends")
        if not looks_right(token, self._prefix):
            return None
        return await self._look_up(hash_of(token))

    async def close(self) -> None:
        """Looks nothing up any more, and leaves no connection behind that nobody waits for."""
        self._is_over = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        _refuse(self._asked.values(), Unavailable("the service ends"))

    async def _look_up(self, token_hash: bytes) -> Bearer | None:
        asked = self._asked.get(token_hash)
        if asked is None:
            asked = self._asked[token_hash] = asyncio.get_running_loop().create_future()
        if self._looking is None:
            self._looking = asyncio.create_task(self._run(), name="device tokens")
        return await asyncio.shield(asked)  # others may wait for the same

    async def _run(self) -> None:
        """Answers whoever asks, all of a moment with one statement, until nobody does."""
        try:
            while self._asked:
                some, self._asked = self._asked, {}
                try:
                    found = await self._find_all(list(some))
                except asyncio.CancelledError:
                    self._asked |= some  # for ``close`` to answer
                    raise
                except Exception as failure:  # told to each of those who wait
                    _refuse(some.values(), failure)
                else:
                    for token_hash, asked in some.items():
                        asked.set_result(found.get(token_hash))
        finally:
            self._looking = None

    async def _find_all(self, hashes: list[bytes]) -> dict[bytes, Bearer]:
        good = (
            select(DeviceRow.token_hash, DeviceRow.id, DeviceRow.name, DeviceRow.owner_id)
            .join(UserRow, UserRow.id == DeviceRow.owner_id)
            .where(DeviceRow.token_hash.in_(hashes), UserRow.disabled_at.is_(None))
        )
        async with self._database.reading() as session:
            rows = (await session.execute(good)).all()
        return {
            row.token_hash: Bearer(principal_of(MachineId(row.id), row.name, owner_id=row.owner_id))
            for row in rows
            if row.token_hash is not None
        }


def _refuse(those: Iterable[asyncio.Future[Bearer | None]], failure: Exception) -> None:
    for asked in those:
        asked.set_exception(failure)
        asked.exception()  # whoever asked may be gone


def principal_of(device_id: MachineId, name: str, *, owner_id: UserId) -> Principal:
    """Returns a device as a caller: a machine, never its owner."""
    return Principal(
        kind="machine", machine_id=device_id, name=name, scopes=SCOPES, owner_id=owner_id
    )
