"""Registering devices, finding, changing and removing them, and their tokens.

Somebody else's device is not there: every statement names the owner.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import cast
from uuid import UUID

import structlog
from quart import Quart
from quart import current_app
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.errors import Stale
from app.errors import Unavailable
from app.identity import audit
from app.jobs import Jobs
from app.principal import MachineId
from app.principal import Principal
from app.principal import UserId
from app.web.paging import Page

from . import finding
from .finding import NO_DEVICE
from .live_topics import happenings_topic
from .readings.removal import forget_later
from .schemas import Device
from .schemas import DeviceChange
from .schemas import DeviceRemoved
from .schemas import DevicesQuery
from .schemas import NewDevice
from .schemas import RegisteredDevice
from .settings import DevicesSettings
from .tables import DeviceRow
from .tables import ProgressRow
from .tokens import Tokens

CONTEXT = "devices"

log = structlog.get_logger()


class Devices:
    """The devices of everybody."""

    def __init__(
        self,
        database: Database,
        settings: DevicesSettings,
        tokens: Tokens,
        *,
        jobs: Jobs,
        disconnect: Callable[..., Awaitable[None]],
        changed: Callable[[Iterable[UserId]], None],
    ) -> None:
        self._database = database
        self._settings = settings
        self._tokens = tokens
        self._jobs = jobs
        self._disconnect = disconnect
        self._changed = changed

    async def register(self, who: Principal, new: NewDevice) -> RegisteredDevice:
        """Adds a device of the caller's, with its first token.

        Raises:
            Conflict: they have very many already.
            Unavailable: PostgreSQL is away.
        """
        token = self._tokens.make()
        async with self._database.transaction() as work:
            mine = select(func.count()).where(DeviceRow.owner_id == who.own_id)
            most = self._settings.per_person
            if (await work.session.scalar(mine) or 0) >= most:
                raise Conflict(f"{most} devices are the most")
            added = insert(DeviceRow).values(
                owner_id=who.own_id,
                name=new.name,
                metrics=list(new.metrics),
                **self._tokens.stored(token),
            )
            device_id = (await work.session.scalars(added.returning(DeviceRow.id))).one()
            await work.session.execute(insert(ProgressRow).values(device_id=device_id))
            details = {"device_id": str(device_id)}
            await audit.record(work, "device.registered", who=who, details=details)
            device = await finding.found(who, work.session, device_id)
        self._changed([who.own_id])
        return RegisteredDevice(device=device, token=token)

    async def page(self, who: Principal, query: DevicesQuery) -> Page[Device]:
        """Returns a page of the devices that a query asks for, those registered last first.

        Raises:
            Invalid: the cursor is of another list.
        """
        async with self._database.reading() as session:
            return await finding.page_of(who, session, query)

    async def find(self, who: Principal, device_id: UUID) -> Device:
        """Returns one of the caller's devices.

        Raises:
            NotFound: the caller has no such device.
        """
        async with self._database.reading() as session:
            return await finding.found(who, session, device_id)

    async def change(
        self, who: Principal, device_id: UUID, change: DeviceChange, *, expected_version: int | None
    ) -> Device:
        """Gives a device another name or other metrics; from its next batch on these hold.

        Raises:
            NotFound: the caller has no such device.
            Stale: it is not of the version that the caller has seen.
        """
        async with self._database.transaction() as work:
            row = await _locked(who, work, device_id)
            if expected_version is not None and row.version != expected_version:
                raise Stale("somebody has changed the device since")
            values = change.model_dump(exclude_none=True)
            if values:
                await _update(work, device_id, version=row.version + 1, **values)
            return await finding.found(who, work.session, device_id)

    async def replace_token(self, who: Principal, device_id: UUID) -> RegisteredDevice:
        """Gives a device another token; the one before is void, and its socket closes at once.

        Raises:
            NotFound: the caller has no such device.
        """
        token = self._tokens.make()
        async with self._database.transaction() as work:
            await _locked(who, work, device_id)
            await _update(work, device_id, **self._tokens.stored(token))
            details = {"device_id": str(device_id)}
            await audit.record(work, "device.token_replaced", who=who, details=details)
            device = await finding.found(who, work.session, device_id)
        await self._shut_out(device_id)
        return RegisteredDevice(device=device, token=token)

    async def revoke(self, who: Principal, device_id: UUID) -> None:
        """Shuts a device out until it gets another token; twice changes nothing.

        Raises:
            NotFound: the caller has no such device.
        """
        async with self._database.transaction() as work:
            row = await _locked(who, work, device_id)
            if row.token_hash is not None:
                await _update(work, device_id, token_hash=None, token_hint=None)
                details = {"device_id": str(device_id)}
                await audit.record(work, "device.revoked", who=who, details=details)
        await self._shut_out(device_id)

    async def delete(self, who: Principal, device_id: UUID) -> None:
        """Removes a device; nobody sees its readings any more, and a job removes them.

        Raises:
            NotFound: the caller has no such device.
        """
        async with self._database.transaction() as work:
            await _locked(who, work, device_id)
            await work.session.execute(delete(DeviceRow).where(DeviceRow.id == device_id))
            await forget_later(self._jobs, work, [device_id])
            details = {"device_id": str(device_id)}
            await audit.record(work, "device.deleted", who=who, details=details)
            work.announce(happenings_topic(device_id), DeviceRemoved().model_dump_json().encode())
        self._changed([who.own_id])
        await self._shut_out(device_id)

    async def _shut_out(self, device_id: UUID) -> None:
        try:
            await self._disconnect(machine=MachineId(device_id))
        except Unavailable as error:
            # What it sends is refused all the same; its sockets end when they are next checked.
            log.warning("device_end_not_announced", reason=error.detail)


def devices_of(app: Quart) -> Devices:
    """Returns the devices of an application."""
    return cast("Devices", app.extensions[CONTEXT])


def current_devices() -> Devices:
    """Returns the devices of the application that handles the current request."""
    return cast("Devices", current_app.extensions[CONTEXT])


async def _locked(who: Principal, work: UnitOfWork, device_id: UUID) -> DeviceRow:
    mine = select(DeviceRow).where(DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id)
    row = (await work.session.scalars(mine.with_for_update())).one_or_none()
    if row is None:
        raise NotFound(NO_DEVICE)
    return row


async def _update(work: UnitOfWork, device_id: UUID, **values: Any) -> None:
    changed = update(DeviceRow).where(DeviceRow.id == device_id).values(**values)
    await work.session.execute(changed.execution_options(synchronize_session=False))
