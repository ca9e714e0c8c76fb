"""The audit log in pages, and as a file of JSON lines."""

from collections.abc import AsyncIterator

from app.database import Database
from app.features.administration.audit.schemas import EntryPage
from app.features.administration.audit.schemas import EntryShape
from app.identity import audit
from app.identity.audit.reading import AuditFilter
from app.identity.audit.reading import read
from app.identity.audit.reading import read_all
from app.principal import Principal
from app.web.paging import cut
from app.web.paging import decode_cursor


async def page_of_entries(
    who: Principal, database: Database, wanted: AuditFilter, *, cursor: str, count: int
) -> EntryPage:
    """Returns entries, the newest first.

    Raises:
        Forbidden: the caller may not read the log.
        Invalid: the cursor is of another list.
    """
    before = int(decode_cursor(cursor, kinds=(int,))[0]) if cursor else None
    entries = await read(who, database, wanted, before=before, count=count + 1)
    page = cut(entries, count, key=lambda entry: (entry.id,), shape=EntryShape.of)
    return EntryPage(items=page.items, next=page.next)


async def export(who: Principal, database: Database, wanted: AuditFilter) -> AsyncIterator[bytes]:
    """Notes the export in the log itself, then returns the lines of the file.

    Raises:
        Forbidden: the caller may not read the log.
    """
    await read(who, database, wanted, count=1)  # says no before anything is noted
    async with database.transaction() as work:
        await audit.record(work, "audit.exported", who=who, details={"event": wanted.event})
    return _lines(who, database, wanted)


async def _lines(who: Principal, database: Database, wanted: AuditFilter) -> AsyncIterator[bytes]:
    async for entry in read_all(who, database, wanted):
        yield EntryShape.of(entry).model_dump_json().encode() + b"\n"
