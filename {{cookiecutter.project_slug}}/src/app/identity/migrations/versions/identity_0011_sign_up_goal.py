"""Where somebody was heading when they signed up."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0011"
down_revision = "identity_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default, for processes of the version before, which do not know the column.
    op.add_column("sign_ups", sa.Column("goal", sa.Text(), server_default="/", nullable=False))


def downgrade() -> None:
    op.drop_column("sign_ups", "goal")
