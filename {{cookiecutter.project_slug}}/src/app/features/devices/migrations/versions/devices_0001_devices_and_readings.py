"""Devices, how far each has come, and their readings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "devices_0001"
down_revision = None
branch_labels = ("devices",)
depends_on = "identity_0001"


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metrics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("token_hint", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_devices_owner_id_users", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_hash", name="uq_devices_token_hash"),
    )
    op.create_index(
        "ix_devices_owner_id_created_at_id", "devices", ["owner_id", "created_at", "id"]
    )
    op.create_table(
        "devices_progress",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("newest", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name="pk_devices_progress"),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name="fk_devices_progress_device_id_devices",
            ondelete="CASCADE",
        ),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "devices_readings",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("value", postgresql.DOUBLE_PRECISION(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "metric", "at", "number", name="pk_devices_readings"),
        postgresql_partition_by="RANGE (at)",
    )


def downgrade() -> None:
    op.drop_table("devices_readings")
    op.drop_table("devices_progress")
    op.drop_table("devices")
