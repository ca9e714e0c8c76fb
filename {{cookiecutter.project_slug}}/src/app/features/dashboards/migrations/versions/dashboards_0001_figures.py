"""Figures: what processes say, and seconds, minutes and hours of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "dashboards_0001"
down_revision = None
branch_labels = ("dashboards",)
depends_on = "identity_0001"

ROLLED_UP = ("dashboards_minutes", "dashboards_hours")


def upgrade() -> None:
    op.create_table(
        "dashboards_processes",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sample", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_dashboards_processes"),
    )
    op.create_table(
        "dashboards_seconds",
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("figure", "at", name="pk_dashboards_seconds"),
    )
    for table in ROLLED_UP:
        op.create_table(
            table,
            sa.Column("figure", sa.Text(), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("least", sa.Double(), nullable=False),
            sa.Column("most", sa.Double(), nullable=False),
            sa.Column("mean", sa.Double(), nullable=False),
            sa.Column("seconds", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("figure", "at", name=f"pk_{table}"),
        )


def downgrade() -> None:
    for table in (*reversed(ROLLED_UP), "dashboards_seconds", "dashboards_processes"):
        op.drop_table(table)
