"""Commands, shadows, tags, groups, and who is connected."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "devices_0002"
down_revision = "devices_0001"
branch_labels = None
depends_on = None

EMPTY = sa.text("'{}'")


def upgrade() -> None:
    op.add_column(
        "devices",
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=EMPTY, nullable=False),
    )
    op.create_index("ix_devices_tags", "devices", ["tags"], postgresql_using="gin")
    _create_commands()
    _create_shadows()
    _create_groups()


def _create_commands() -> None:
    op.create_table(
        "devices_commands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("timeout_seconds", postgresql.DOUBLE_PRECISION(), nullable=False),
        sa.Column("deliveries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        _created_at(),
        _moment("expires_at", nullable=False),
        _moment("sent_at"),
        _moment("ended_at"),
        _moment("ends_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_devices_commands"),
        _of_a_device("devices_commands"),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'acknowledged', 'failed', 'timed_out', 'expired')",
            name="ck_devices_commands_state_known",
        ),
    )
    columns = ["device_id", "number"]
    op.create_index("ix_devices_commands_device_id_number", "devices_commands", columns)
    op.create_index(
        "ix_devices_commands_open_device_id_number",
        "devices_commands",
        columns,
        postgresql_where=sa.text("state IN ('queued', 'sent')"),
    )
    op.create_index("ix_devices_commands_ends_at", "devices_commands", ["ends_at"])


def _create_shadows() -> None:
    op.create_table(
        "devices_shadows",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("desired", postgresql.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("desired_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reported", postgresql.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("reported_version", sa.BigInteger(), server_default="0", nullable=False),
        _moment("desired_at"),
        _moment("reported_at"),
        sa.PrimaryKeyConstraint("device_id", name="pk_devices_shadows"),
        _of_a_device("devices_shadows"),
    )
    op.create_table(
        "devices_sightings",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        _moment("seen_at", nullable=False),
        _moment("gone_at"),
        sa.PrimaryKeyConstraint("device_id", name="pk_devices_sightings"),
        _of_a_device("devices_sightings"),
        postgresql_with={"fillfactor": 50},
    )


def _create_groups() -> None:
    op.create_table(
        "devices_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="pk_devices_groups"),
        sa.UniqueConstraint("owner_id", "name", name="uq_devices_groups_owner_id_name"),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name="fk_devices_groups_owner_id_users",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "devices_grouped",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "device_id", name="pk_devices_grouped"),
        _of_a_device("devices_grouped"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["devices_groups.id"],
            name="fk_devices_grouped_group_id_devices_groups",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_devices_grouped_device_id", "devices_grouped", ["device_id"])


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _created_at() -> sa.Column[datetime]:
    kind = sa.DateTime(timezone=True)
    return sa.Column("created_at", kind, server_default=sa.func.now(), nullable=False)


def _of_a_device(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_device_id_devices"
    return sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for table in (
        "devices_grouped",
        "devices_groups",
        "devices_sightings",
        "devices_shadows",
        "devices_commands",
    ):
        op.drop_table(table)
    op.drop_index("ix_devices_tags", "devices")
    op.drop_column("devices", "tags")
