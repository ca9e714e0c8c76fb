"""The devices that a person may pick where topics are shown, with what each of them measures."""

from pydantic import ValidationError

from app.database import Database
from app.principal import Principal
from app.realtime.topics import Offer
from app.realtime.topics import Offers

from . import finding
from .schemas import PAGE_MAX_DEVICES
from .schemas import DevicesQuery
from .topics import readings_topic


def offers_of(database: Database) -> Offers:
    """Returns what lists the caller's own devices, those registered last first."""

    async def offers(who: Principal, search: str, most: int) -> list[Offer]:
        if not who.is_signed_in:
            return []
        try:
            query = DevicesQuery(q=search, count=min(most, PAGE_MAX_DEVICES))
        except ValidationError:
            return []  # no name is as long as that, or has such characters
        async with database.reading() as session:
            page = await finding.page_of(who, session, query)
        return [Offer(readings_topic(one.id), one.name, tuple(one.metrics)) for one in page.items]

    return offers
