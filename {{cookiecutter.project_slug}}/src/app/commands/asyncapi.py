"""``app asyncapi``: the contract of the realtime protocol, for generators and for the archive."""

import json

import click

from app.realtime.protocol import asyncapi as contract
from app.realtime.protocol.messages import SUBPROTOCOL


@click.command()
def asyncapi() -> None:
    """Prints the AsyncAPI document of the realtime protocol.

    After a change of the protocol: app asyncapi >docs/asyncapi.json
    """
    document = contract.asyncapi(title=SUBPROTOCOL)
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
