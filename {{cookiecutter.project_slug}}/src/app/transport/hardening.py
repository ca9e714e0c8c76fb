"""Puts the bounds of the transport on an application: the one call that `app.factory` makes."""

from quart import Quart

from app.settings import WebSettings


def harden(app: Quart, settings: WebSettings) -> None:
    """Bounds what a client may send and how long an answer may take."""
    app.config["MAX_CONTENT_LENGTH"] = settings.body_max_bytes
    app.config["BODY_TIMEOUT"] = settings.body_seconds
    app.config["RESPONSE_TIMEOUT"] = settings.response_seconds
