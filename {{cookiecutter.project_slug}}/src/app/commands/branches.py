"""Where the migrations lie: the database's own, those of identity, and one branch per feature."""

from pathlib import Path

from app import database
from app import identity
from app.features import FEATURES


def migration_locations() -> list[Path]:
    """Returns the folders with migrations of all packages that have some."""
    packages = (database, identity, *FEATURES)
    folders = (Path(str(package.__file__)).parent for package in packages)
    locations = (folder / "migrations" / "versions" for folder in folders)
    return [location for location in locations if location.is_dir()]
