"""Who wants to join, and the links in letters."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0009"
down_revision = "identity_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ups"),
    )
    op.create_index("ix_sign_ups_email_lower", "sign_ups", [sa.text("lower(email)")])
    op.create_table(
        "mail_links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sign_up_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_mail_links"),
        sa.ForeignKeyConstraint(
            ["sign_up_id"],
            ["sign_ups.id"],
            name="fk_mail_links_sign_up_id_sign_ups",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_mail_links_user_id_users", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_mail_links_sign_up_id", "mail_links", ["sign_up_id"])
    op.create_index("ix_mail_links_user_id", "mail_links", ["user_id"])


def downgrade() -> None:
    op.drop_table("mail_links")
    op.drop_table("sign_ups")
