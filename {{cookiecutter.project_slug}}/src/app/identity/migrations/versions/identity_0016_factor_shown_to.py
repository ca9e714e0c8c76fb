"""Which session was shown the secret of a second factor that is not confirmed yet."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0016"
down_revision = "identity_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("factors", sa.Column("shown_to", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("factors", "shown_to")
