from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from app.database import Base
from app.database import Database
from app.identity.audit import AuditRow
from app.identity.openid.tables import OpenIdFlowRow
from app.identity.openid.tables import OpenIdLinkRow
from app.identity.personal_data.exports import DataExportRow
from app.identity.tables import FactorRow
from app.identity.tables import HalfSignInRow
from app.identity.tables import PendingFactorRow
from app.identity.tables import RecoveryCodeRow
from app.identity.tables import SessionRow
from app.identity.tables import TicketRow
from app.identity.tables import UserRow

OWN_TABLES = {
    row.__tablename__
    for row in (
        UserRow,
        SessionRow,
        TicketRow,
        AuditRow,
        OpenIdFlowRow,
        OpenIdLinkRow,
        DataExportRow,
        FactorRow,
        PendingFactorRow,
        RecoveryCodeRow,
        HalfSignInRow,
    )
}


def differences(connection: Connection) -> list[Any]:
    def is_own(thing: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
        return name in OWN_TABLES if kind == "table" else True

    options = {"compare_type": True, "compare_server_default": True, "include_object": is_own}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrations_make_the_tables_that_the_code_describes(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
