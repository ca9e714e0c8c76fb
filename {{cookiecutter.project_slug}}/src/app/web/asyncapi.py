"""The description of the realtime protocol at /asyncapi.json, as /openapi.json is that of REST."""

from quart import Quart
from quart.typing import ResponseReturnValue
from quart_schema import hide

from app.realtime.protocol.asyncapi import asyncapi
from app.web.guards import guard
from app.web.guards import unidentified
from app.web.limits import limit

PATH = "/asyncapi.json"


def install_asyncapi(app: Quart, *, title: str, public_url: str) -> None:
    """Adds the route; the document is made once, for it changes only with the code."""
    document = asyncapi(title=title, public_url=public_url)

    @app.get(PATH)
    @guard(unidentified)
    @limit("60/minute")
    @hide
    async def describe_realtime() -> ResponseReturnValue:
        """Describes the realtime protocol."""
        return document
