"""Alert rules, where each stands, and what they told."""

import sqlalchemy as sa
from alembic import op

revision = "dashboards_0002"
down_revision = "dashboards_0001"
branch_labels = None
depends_on = None

NOW = sa.func.clock_timestamp()


def upgrade() -> None:
    op.create_table(
        "dashboards_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("for_seconds", sa.Integer(), nullable=False),
        sa.Column("hysteresis", sa.Double(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'ok'"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("calm_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboards_rules"),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name="fk_dashboards_rules_owner_id_users",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("side IN ('above', 'below')", name="ck_dashboards_rules_side_known"),
        sa.CheckConstraint(
            "state IN ('ok', 'pending', 'raised')", name="ck_dashboards_rules_state_known"
        ),
    )
    op.create_index(
        "ix_dashboards_rules_owner_id_created_at_id",
        "dashboards_rules",
        ["owner_id", "created_at", "id"],
    )
    _create_events()


def _create_events() -> None:
    op.create_table(
        "dashboards_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("letter", sa.Text(), server_default=sa.text("'none'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboards_events"),
        sa.UniqueConstraint("rule_id", "turn", name="uq_dashboards_events_rule_id_turn"),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name="fk_dashboards_events_owner_id_users",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["dashboards_rules.id"],
            name="fk_dashboards_events_rule_id_dashboards_rules",
            ondelete="SET NULL",
        ),
        sa.CheckConstraint("kind IN ('raised', 'cleared')", name="ck_dashboards_events_kind_known"),
        sa.CheckConstraint(
            "letter IN ('none', 'due', 'sent', 'held')", name="ck_dashboards_events_letter_known"
        ),
    )
    op.create_index("ix_dashboards_events_owner_id_id", "dashboards_events", ["owner_id", "id"])
    op.create_index("ix_dashboards_events_at", "dashboards_events", ["at"])


def downgrade() -> None:
    op.drop_table("dashboards_events")
    op.drop_table("dashboards_rules")
