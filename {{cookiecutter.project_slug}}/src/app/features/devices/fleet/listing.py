"""A list of devices as a page shows it: filtered, a page of it, and the way to the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.devices import finding
from app.features.devices.schemas import Device
from app.features.devices.schemas import DevicesFilter
from app.features.devices.schemas import DevicesQuery
from app.principal import Principal
from app.web.paging import Page

FILTERS = ("q", "status", "tag", "group")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a page shows of a list; ``more`` is the query of the next page, empty on the last.

    ``fixed`` is what the list is of, as the script of the page asks for it, beside the ``filters``.
    """

    query: DevicesQuery
    page: Page[Device]
    more: str
    filters: str
    fixed: str = ""


async def listed(
    who: Principal, session: AsyncSession, asked: Mapping[str, str], **fixed: UUID
) -> Listing:
    """Returns what the address of a page asks for, among the devices that are ``fixed``.

    Raises:
        Invalid: the cursor is of another list.
    """
    filters = _filters(asked)
    try:
        query = DevicesQuery.model_validate({**filters, "cursor": asked.get("cursor", ""), **fixed})
    except ValidationError:  # somebody has changed the address by hand
        filters, query = {}, DevicesQuery.model_validate(fixed)
    page = await finding.page_of(who, session, query)
    more = urlencode({**filters, "cursor": page.next}) if page.next else ""
    named = urlencode({name: str(one) for name, one in fixed.items()})
    return Listing(query, page, more, urlencode(filters), named)


def filter_in(asked: Mapping[str, str], **fixed: UUID) -> DevicesFilter:
    """Returns what the address of a page narrows a list to, to act upon all that is like that.

    Raises:
        ValidationError: it makes no sense, and nothing is acted upon.
    """
    return DevicesFilter.model_validate({**_filters(asked), **fixed})


def _filters(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: asked[name].strip() for name in FILTERS if asked.get(name, "").strip()}
