"""``app assets``: brings the browser files of others that the pages need."""

import click

from app.features.dashboards.assets import AssetsMissing
from app.features.dashboards.assets import bring


@click.command()
def assets() -> None:
    """Brings browser files from npm into an ignored folder, as the lock names them.

    Needs npm, or uv, which then fetches npm for the one call. `app dev` does it by itself.
    """
    try:
        brought = bring()
    except AssetsMissing as error:
        raise click.ClickException(str(error)) from error
    click.echo("browser files brought" if brought else "the browser files are there")
