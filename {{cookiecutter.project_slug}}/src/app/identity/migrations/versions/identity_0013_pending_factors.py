"""The secrets of new phones, until a code of them takes them into use."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0013"
down_revision = "identity_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pending_factors",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_pending_factors"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name="fk_pending_factors_session_id_sessions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name="fk_pending_factors_user_id_users",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_pending_factors_user_id", "pending_factors", ["user_id"])


def downgrade() -> None:
    op.drop_table("pending_factors")
