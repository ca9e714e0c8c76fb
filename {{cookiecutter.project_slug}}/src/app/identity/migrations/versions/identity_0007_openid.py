"""Signing in with OpenID providers."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0007"
down_revision = "identity_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openid_flows",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_openid_flows"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_openid_flows_user_id_users", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_openid_flows_user_id", "openid_flows", ["user_id"])
    op.create_index("ix_openid_flows_expires_at", "openid_flows", ["expires_at"])
    op.create_table(
        "openid_links",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("provider", "subject", name="pk_openid_links"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_openid_links_user_id_users", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_openid_links_user_id", "openid_links", ["user_id"])


def downgrade() -> None:
    op.drop_table("openid_links")
    op.drop_table("openid_flows")
