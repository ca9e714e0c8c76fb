"""What Alembic runs around the migrations; ``migrate`` hands it an open connection."""

from alembic import context
from sqlalchemy import text

from app.database.base import Base


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Leaves out the tables of the job queue, whose library owns their shape, and partitions."""
    return not (kind == "table" and ((name or "").startswith("pgqueuer") or name in PARTITIONS))


connection = context.config.attributes["connection"]
# Made and dropped as time goes by; their shape is that of their table.
PARTITIONS = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))

context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=is_ours,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
