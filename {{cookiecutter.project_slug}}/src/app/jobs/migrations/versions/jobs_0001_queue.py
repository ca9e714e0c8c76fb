"""The tables of the job queue, as the library itself makes them."""

from typing import Any

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

revision = "jobs_0001"
down_revision = None
branch_labels = ("jobs",)
depends_on = None


def run(script: str) -> None:
    # Several statements at once, with a function body between: not for a prepared statement.
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda connection: connection.execute(script))


def upgrade() -> None:
    run(QueryBuilderEnvironment().build_install_query())


def downgrade() -> None:
    run(QueryBuilderEnvironment().build_uninstall_query())
