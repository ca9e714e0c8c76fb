"""``app migrate`` with one more migration, which makes a table and then takes an hour.

Usage: ``python -m tests.bars.slow_migration FOLDER``.
"""

import asyncio
import sys
from pathlib import Path

from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.settings import Settings

SLOW = """
from alembic import op

revision = "slow_0001"
down_revision = None
branch_labels = ("slow",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE half_done (id int)")
    op.execute("SELECT pg_sleep(3600)")
"""

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "slow_0001.py").write_text(SLOW)
    asyncio.run(migrate(Settings(), locations=[*migration_locations(), folder]))
