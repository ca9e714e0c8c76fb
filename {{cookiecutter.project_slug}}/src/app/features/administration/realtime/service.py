"""What is open in every process, and cutting one connection."""

from app.database import Database
from app.features.administration.realtime.schemas import Overview
from app.identity import audit
from app.identity.rights import require
from app.principal import Principal
from app.realtime import Realtime
from app.roles import CHANGE_ADMINISTRATION
from app.roles import READ_ADMINISTRATION


async def overview(who: Principal, realtime: Realtime) -> Overview:
    """Returns what all processes say within half a second.

    Raises:
        Forbidden: the caller may not see other people's connections.
    """
    require(who, READ_ADMINISTRATION)
    return Overview.of(await realtime.inspect())


async def cut(who: Principal, realtime: Realtime, database: Database, connection_id: str) -> None:
    """Ends one connection, wherever it is; one that has gone already is no mistake.

    Raises:
        Forbidden: the caller may not.
    """
    require(who, CHANGE_ADMINISTRATION)
    async with database.transaction() as work:
        await audit.record(
            work,
            "connection.disconnected",
            who=who,
            details={"connection_id": connection_id[:100]},
        )
    await realtime.cut(connection_id)
