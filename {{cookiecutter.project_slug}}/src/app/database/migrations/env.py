"""What Alembic runs around the migrations; ``migrate`` hands it an open connection."""

from alembic import context

from app.database.base import Base


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Leaves out the tables of the job queue: its library owns their shape."""
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=is_ours,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
