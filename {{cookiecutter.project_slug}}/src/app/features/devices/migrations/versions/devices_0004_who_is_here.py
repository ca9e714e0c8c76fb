"""Who is connected, by their owner: counted and filtered without reading those who are not.

A release before this one goes on writing sightings without an owner; those are counted as soon as
the device is connected to a process of this one.
"""

import sqlalchemy as sa
from alembic import op

revision = "devices_0004"
down_revision = "devices_0003"
branch_labels = None
depends_on = None

OWNERS = """
    UPDATE devices_sightings
    SET owner_id = devices.owner_id, gone_at = greatest(gone_at, seen_at)
    FROM devices WHERE devices.id = device_id
"""


def upgrade() -> None:
    op.add_column("devices_sightings", sa.Column("owner_id", sa.Uuid(), nullable=True))
    # Whoever is connected is seen within a minute, and is here again.
    op.execute(OWNERS)
    op.create_index(
        "ix_devices_sightings_here",
        "devices_sightings",
        ["owner_id"],
        postgresql_where=sa.text("gone_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_devices_sightings_here", table_name="devices_sightings")
    op.drop_column("devices_sightings", "owner_id")
