"""``app assets``: brings the browser files of others that the pages need."""

import click

from app.features.dashboards.assets import AssetsMissing
from app.features.dashboards.assets import bring


@click.command()
def assets() -> None:
    """Brings the browser files that the lock names from npm.

    They lie in an ignored folder. Needs npm, or uv, which then fetches npm for the one call.
    `app dev` does it by itself.
    """
    try:
        brought = bring()
    except AssetsMissing as error:
        raise click.ClickException(str(error)) from error
    click.echo("browser files brought" if brought else "the browser files are there")
