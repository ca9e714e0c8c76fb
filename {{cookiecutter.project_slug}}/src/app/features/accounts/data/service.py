"""A copy of what every part holds of a person, and the end of an account in all of them."""

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from uuid import UUID

from pydantic import JsonValue

from app.database import Database
from app.errors import GiveUp
from app.identity import Identity
from app.identity import audit
from app.identity.personal_data import exports
from app.identity.personal_data.exports import DataExport
from app.identity.personal_data.leaving import leave
from app.identity.sessions.announcing import forget_everywhere
from app.identity.sessions.hold import hold_session
from app.jobs import Jobs
from app.principal import Principal

MAKE_EXPORT = "accounts.make_export"
EXPORT_MAX_BYTES = 32 * 1024 * 1024


async def ask_for_export(who: Principal, database: Database, jobs: Jobs) -> UUID:
    """Has a job make a copy, and returns its id.

    Raises:
        Conflict: there is one already, or one is being made.
        Unauthenticated: the session has ended meanwhile.
    """
    async with database.transaction() as work:
        await hold_session(work, who)
        export_id = await exports.ask(work, who.own_id)
        await jobs.enqueue(work, MAKE_EXPORT, payload={"export_id": str(export_id)})
        await audit.record(work, "export.requested", who=who)
    return export_id


async def make_export(database: Database, identity: Identity, export_id: UUID) -> None:
    """Makes the copy; the job runs it, perhaps more than once.

    Raises:
        GiveUp: it would be over 32 MiB.
    """
    async with database.reading() as session:
        user_id = await exports.owner_of(session, export_id)
        if user_id is None:
            return  # the account is gone, or the days are over
        parts = await identity.personal_data.export(session, user_id)
    content = await asyncio.to_thread(_zipped, parts)
    if len(content) > EXPORT_MAX_BYTES:
        raise GiveUp("the copy is too large to be kept")
    async with database.transaction() as work:
        await exports.store(work, export_id, content)


async def list_exports(who: Principal, database: Database) -> Sequence[DataExport]:
    """Returns the caller's copies."""
    async with database.reading() as session:
        return await exports.list_of(session, who.own_id)


async def download(who: Principal, database: Database, export_id: UUID) -> bytes:
    """Returns the caller's own copy, and notes that it went out.

    Raises:
        NotFound: it is not theirs, not ready, or gone.
    """
    async with database.transaction() as work:
        content = await exports.content_of(work.session, who.own_id, export_id)
        await audit.record(work, "export.downloaded", who=who)
    return content


async def delete_account(who: Principal, database: Database, identity: Identity) -> None:
    """Ends the caller's account everywhere, in one transaction.

    Raises:
        Conflict: the caller is the last administrator.
        Unauthenticated: the account was deleted or shut out a moment ago, or the session ended.
    """
    async with database.transaction() as work:
        # First, while there is an address; the letter goes when all of it is committed.
        await identity.owner_notices.tell(work, "account.deleted", who.own_id)
        await identity.personal_data.erase(work, who.own_id)
        await leave(who, work)
    sessions = identity.sessions
    await forget_everywhere(who.own_id, sessions.cache, sessions.endings.on_revoke)


def _zipped(parts: dict[str, JsonValue]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in parts.items():
            archive.writestr(f"{name}.json", json.dumps(held, indent=2, ensure_ascii=False))
    return packed.getvalue()
