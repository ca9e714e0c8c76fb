"""Where the migrations lie: one branch per package that has tables."""

from pathlib import Path

import app


def migration_locations() -> list[Path]:
    """Returns the folders with migrations, whichever features are there."""
    root = Path(str(app.__file__)).parent
    return sorted(root.glob("**/migrations/versions"))
