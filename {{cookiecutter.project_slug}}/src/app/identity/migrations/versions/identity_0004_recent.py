"""When the person behind a session last proved who they are."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Older processes write rows without it; those count from the sign-in.
    op.add_column(
        "sessions", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("sessions", "authenticated_at")
