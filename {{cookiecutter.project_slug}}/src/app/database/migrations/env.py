"""What Alembic runs around the migrations; ``migrate`` hands it an open connection."""

from alembic import context

from app.database.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
