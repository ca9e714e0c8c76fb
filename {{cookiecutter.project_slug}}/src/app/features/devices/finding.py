"""Finding somebody's devices: all of them, or those that a search, a tag, a group asks for.

A search finds the devices whose names have, for each of its words, a word that contains it; the
index behind it is that of `devices_0003`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import tuple_
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.words import beginnings
from app.database.words import words_of
from app.errors import NotFound
from app.principal import Principal
from app.web.paging import Page
from app.web.paging import cut
from app.web.paging import decode_moment_and_id

from .fleet.sightings import is_online
from .fleet.tables import GroupedRow
from .fleet.tables import GroupRow
from .fleet.tables import SightingRow
from .schemas import Device
from .schemas import DevicesFilter
from .schemas import DevicesQuery
from .tables import DeviceRow
from .tables import ProgressRow

NO_DEVICE = "there is no such device"


async def page_of(who: Principal, session: AsyncSession, query: DevicesQuery) -> Page[Device]:
    """Returns a page of the devices that a query asks for, those registered last first.

    Raises:
        Invalid: the cursor is of another list.
    """
    order = DeviceRow.created_at.desc(), DeviceRow.id.desc()
    ids = matching(who, query)
    if query.cursor:
        place = tuple_(DeviceRow.created_at, DeviceRow.id)
        ids = ids.where(place < tuple_(*decode_moment_and_id(query.cursor)))
    # What is shown beside a name is looked up for the rows of the page alone.
    page = ids.order_by(*order).limit(query.count + 1).subquery()
    asked = _devices_of(who).join(page, page.c.id == DeviceRow.id).order_by(*order)
    rows = (await session.execute(asked)).all()
    return cut(rows, query.count, key=_key, shape=_shape)


async def found(who: Principal, session: AsyncSession, device_id: UUID) -> Device:
    """Returns one of the caller's devices.

    Raises:
        NotFound: the caller has no such device.
    """
    row = (await session.execute(_devices_of(who).where(DeviceRow.id == device_id))).one_or_none()
    if row is None:
        raise NotFound(NO_DEVICE)
    return _shape(row)


def matching(who: Principal, query: DevicesFilter) -> Select[UUID]:
    """Returns the statement that finds the ids of all the caller's devices that are like that."""
    asked = select(DeviceRow.id).where(DeviceRow.owner_id == who.own_id)
    if query.q.strip():
        asked = asked.where(_named(who, query.q))
    if query.tag:
        asked = asked.where(DeviceRow.tags.contains([query.tag]))
    if query.status:
        here = _is_here(who)
        asked = asked.where(here if query.status == "online" else ~here)
    if query.group:
        asked = asked.where(_in_group(who, query.group))
    if query.outside:
        asked = asked.where(~_in_group(who, query.outside))
    return asked


async def count_matching(who: Principal, session: AsyncSession, query: DevicesFilter) -> int:
    """Returns how many devices a query asks for, all pages together."""
    return (
        await session.scalar(select(func.count()).select_from(matching(who, query).subquery())) or 0
    )


def _devices_of(who: Principal) -> Select[Any]:
    return (
        select(
            DeviceRow.id,
            DeviceRow.name,
            DeviceRow.metrics,
            DeviceRow.tags,
            DeviceRow.token_hint,
            DeviceRow.version,
            DeviceRow.created_at,
            func.greatest(ProgressRow.last_seen_at, SightingRow.seen_at).label("last_seen_at"),
            is_online().label("is_online"),
            ProgressRow.last_number,
            ProgressRow.newest,
        )
        .join(ProgressRow, ProgressRow.device_id == DeviceRow.id)
        .outerjoin(SightingRow, SightingRow.device_id == DeviceRow.id)
        .where(DeviceRow.owner_id == who.own_id)
    )


def _named(who: Principal, search: str) -> ColumnElement[bool]:
    words = words_of(search)
    if not words:
        return false()  # marks alone, which no word has
    words_of_device = func.words_of_device(DeviceRow.owner_id, DeviceRow.name, type_=TSVECTOR)
    return words_of_device.bool_op("@@")(beginnings(words, scope=f"{who.own_id} "))


def _is_here(who: Principal) -> ColumnElement[bool]:
    # By owner, so that the index of who is here has the answer, however few of a fleet they are.
    here = select(SightingRow.device_id).where(SightingRow.device_id == DeviceRow.id)
    return here.where(
        SightingRow.owner_id == who.own_id, SightingRow.gone_at.is_(None), is_online()
    ).exists()


def _in_group(who: Principal, group_id: UUID) -> ColumnElement[bool]:
    inside = select(GroupedRow.device_id).join(GroupRow, GroupRow.id == GroupedRow.group_id)
    return inside.where(
        GroupedRow.device_id == DeviceRow.id,
        GroupRow.id == group_id,
        GroupRow.owner_id == who.own_id,
    ).exists()


def _shape(row: Any) -> Device:
    return Device.model_validate(row._asdict())


def _key(row: Any) -> tuple[str, str]:
    created_at: datetime = row.created_at
    return created_at.isoformat(), str(row.id)
