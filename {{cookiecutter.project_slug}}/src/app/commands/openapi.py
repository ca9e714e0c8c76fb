"""``app openapi``: the contract of the REST interface, for generators and for the archive."""

import json

import click

from app.factory import create_app
from app.settings import Settings
from app.web.openapi import description_of


@click.command()
def openapi() -> None:
    """Prints the OpenAPI document of the REST interface.

    It asks no server for it.
    """
    document = description_of(create_app(Settings()))
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
