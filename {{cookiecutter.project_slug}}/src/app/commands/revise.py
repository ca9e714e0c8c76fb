"""``app revise``: the draft of a migration."""

import asyncio
from pathlib import Path

import click

import app
from app.commands.user_rights import folder_option
from app.database.branches import migration_locations
from app.database.draft import draft
from app.embedded import Embedded
from app.embedded import EmbeddedError
from app.embedded import Urls
from app.errors import AppError
from app.features import FEATURES
from app.settings import Settings

ROOT = Path(str(app.__file__)).parent
# Redis has no part in this, so none is started.
NO_REDIS = "-"


@click.command()
@click.argument("package")
@click.argument("message")
@folder_option
def revise(package: str, message: str, folder: Path) -> None:
    """Drafts the next migration of PACKAGE: a feature, or identity.

    Compares the tables of the code with those of the database at DATABASE_URL, or else of `app
    dev`, which must have all earlier migrations.
    """
    homes = [home for home in (ROOT / package, ROOT / "features" / package) if home.is_dir()]
    if not FEATURES or not homes:  # the tables of the code are known once the features are imported
        raise click.ClickException(f"there is no package {package!r} in src/app or its features")
    settings = Settings()
    try:
        with Embedded(folder, given=Urls(settings.database.url, NO_REDIS)) as urls:
            database = settings.database.model_copy(update={"url": urls.database})
            settings = settings.model_copy(update={"database": database})
            click.echo(_drafted(settings, homes[0] / "migrations" / "versions", package, message))
    except (AppError, EmbeddedError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _drafted(settings: Settings, folder: Path, package: str, message: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    locations = migration_locations()
    return asyncio.run(
        draft(settings, folder=folder, locations=locations, branch=package, message=message)
    )
