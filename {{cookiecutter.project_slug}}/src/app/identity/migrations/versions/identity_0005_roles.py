"""Roles: sets of names, which the code gives permissions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "identity_0005"
down_revision = "identity_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    names = postgresql.ARRAY(sa.Text())
    op.add_column(
        "users", sa.Column("roles", names, server_default=sa.text("'{}'"), nullable=False)
    )
    op.execute("UPDATE users SET roles = '{administrator}' WHERE is_admin")
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_users_created_at_id", "users")
    op.drop_column("users", "roles")
