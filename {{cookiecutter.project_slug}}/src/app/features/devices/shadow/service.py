"""Shadows: what owners wish, what devices report, and what is left to do."""

from datetime import UTC
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.database import Database
from app.database import UnitOfWork
from app.errors import NotFound
from app.features.devices.documents import Document
from app.features.devices.live_topics import happenings_topic
from app.features.devices.live_topics import orders_topic
from app.features.devices.standing import NO_DEVICE
from app.features.devices.standing import lock_own
from app.features.devices.standing import own_device
from app.features.devices.standing import require_own
from app.features.devices.tables import DeviceRow
from app.principal import Principal

from .document import NOTHING
from .document import Shadow
from .schemas import DesiredChanged
from .schemas import DeviceState
from .schemas import StateChanged
from .schemas import Synced
from .tables import ShadowRow


async def read(who: Principal, database: Database, *, device_id: UUID) -> DeviceState:
    """Returns the shadow of one of the caller's devices.

    Raises:
        NotFound: the caller has no such device.
    """
    async with database.reading() as session:
        await require_own(who, session, device_id)
        row = await session.get(ShadowRow, device_id)
    return _shape(row, device_id)


async def wish(
    who: Principal,
    database: Database,
    *,
    device_id: UUID,
    desired: Document,
    expected_version: int | None,
) -> DeviceState:
    """Wishes something else of a device, which hears of it at once or when it is back.

    Raises:
        NotFound: the caller has no such device.
        Stale: the last wish is not the one that the caller has seen.
        Invalid: the document cannot be kept.
    """
    async with database.transaction() as work:
        await lock_own(who, work, device_id)
        row = await _locked(work, device_id)
        shadow = _shadow(row)
        wished = shadow.wish(desired, expected_version=expected_version)
        if wished is shadow:
            return _shape(row, device_id)
        row.desired, row.desired_version = wished.desired, wished.desired_version
        row.desired_at = datetime.now(UTC)
        changed = DesiredChanged(
            desired=row.desired, desired_version=row.desired_version, delta=wished.delta
        )
        work.announce(orders_topic(device_id), changed.model_dump_json().encode())
        return _announce(work, row)


async def report(who: Principal, database: Database, *, version: int, state: Document) -> Synced:
    """Takes what the calling device is; an old report, or one again, changes nothing.

    Raises:
        Forbidden: the caller is no device.
        NotFound: it was removed a moment ago.
        Invalid: the document cannot be kept.
    """
    device_id = own_device(who)
    async with database.transaction() as work:
        known = select(DeviceRow.id).where(DeviceRow.id == device_id)
        if await work.session.scalar(known.with_for_update(key_share=True, read=True)) is None:
            raise NotFound(NO_DEVICE)
        row = await _locked(work, device_id)
        shadow = _shadow(row)
        reported = shadow.report(state, version=version)
        if reported is not shadow:
            row.reported, row.reported_version = reported.reported, reported.reported_version
            row.reported_at = datetime.now(UTC)
            _announce(work, row)
        return _synced(reported)


async def read_own(who: Principal, database: Database) -> Synced:
    """Returns what the calling device is to be, and how far it had counted.

    Raises:
        Forbidden: the caller is no device.
    """
    device_id = own_device(who)
    async with database.reading() as session:
        row = await session.get(ShadowRow, device_id)
    return _synced(_shadow(row))


async def _locked(work: UnitOfWork, device_id: UUID) -> ShadowRow:
    await work.session.execute(
        insert(ShadowRow).values(device_id=device_id).on_conflict_do_nothing()
    )
    return await work.session.get_one(ShadowRow, device_id, with_for_update=True)


def _announce(work: UnitOfWork, row: ShadowRow) -> DeviceState:
    state = _shape(row, row.device_id)
    event = StateChanged(state=state)
    work.announce(happenings_topic(row.device_id), event.model_dump_json().encode())
    return state


def _shadow(row: ShadowRow | None) -> Shadow:
    if row is None:
        return NOTHING
    return Shadow(row.desired, row.desired_version, row.reported, row.reported_version)


def _synced(shadow: Shadow) -> Synced:
    return Synced(
        desired=shadow.desired,
        desired_version=shadow.desired_version,
        reported_version=shadow.reported_version,
        delta=shadow.delta,
    )


def _shape(row: ShadowRow | None, device_id: UUID) -> DeviceState:
    shadow = _shadow(row)
    return DeviceState(
        device_id=device_id,
        desired=shadow.desired,
        desired_version=shadow.desired_version,
        desired_at=row.desired_at if row else None,
        reported=shadow.reported,
        reported_version=shadow.reported_version,
        reported_at=row.reported_at if row else None,
        delta=shadow.delta,
    )
