"""Which OpenID provider saw a second factor as a session began."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0014"
down_revision = "identity_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("factor_provider", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "factor_provider")
