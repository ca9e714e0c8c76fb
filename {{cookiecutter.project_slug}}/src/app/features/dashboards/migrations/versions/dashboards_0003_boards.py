"""Own dashboards, and the links that show them to others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "dashboards_0003"
down_revision = "dashboards_0002"
branch_labels = None
depends_on = None

NOW = sa.func.clock_timestamp()


def upgrade() -> None:
    op.create_table(
        "dashboards_boards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("panels", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboards_boards"),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name="fk_dashboards_boards_owner_id_users",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_dashboards_boards_owner_id_created_at_id",
        "dashboards_boards",
        ["owner_id", "created_at", "id"],
    )
    op.create_table(
        "dashboards_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_dashboards_links"),
        sa.UniqueConstraint("token_hash", name="uq_dashboards_links_token_hash"),
        sa.ForeignKeyConstraint(
            ["board_id"],
            ["dashboards_boards.id"],
            name="fk_dashboards_links_board_id_dashboards_boards",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_dashboards_links_board_id", "dashboards_links", ["board_id"])


def downgrade() -> None:
    op.drop_table("dashboards_links")
    op.drop_table("dashboards_boards")
