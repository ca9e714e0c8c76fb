"""Which OpenID provider saw a second factor as the session began in which a token was made."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0015"
down_revision = "identity_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_tokens", sa.Column("factor_provider", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_tokens", "factor_provider")
