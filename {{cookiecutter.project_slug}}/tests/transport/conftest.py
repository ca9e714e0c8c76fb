"""A small application, as Quart makes it and hardened."""

import pytest
from quart import Quart

from app.settings import WebSettings
from app.transport import harden
from app.web.problems import install_problems


@pytest.fixture
def limits() -> WebSettings:
    """Returns limits that are quick to reach."""
    return WebSettings.model_construct(
        body_max_bytes=64 * 1024,
        websocket_buffer_messages=4,
        websocket_message_max_bytes=64 * 1024,
    )


@pytest.fixture
def stock() -> Quart:
    """Returns an application as Quart makes it, with the same limits in its configuration."""
    app = Quart("stock", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    return app


@pytest.fixture
def hardened(limits: WebSettings) -> Quart:
    """Returns an application with our transport."""
    app = Quart("hardened", static_folder=None)
    harden(app, limits)
    install_problems(app)
    return app
