"""Where Quart 0.22 (Python 3.11, 3.12) and 0.23 (Python 3.13) differ, and nothing else.

Everything here asks for the thing itself rather than for a version number, so that what a later
release adds or drops is found without a change.
"""

from typing import Any
from typing import cast

from quart.wrappers import Websocket
from quart.wrappers import base

from app.transport.message_buffer import ClientLeft
from app.transport.message_buffer import MessageBuffer

# 0.23 raises its own when a client is gone; 0.22 has none and only ever cancels.
_OF_QUART: type[Exception] = getattr(base, "ClientDisconnectedError", ClientLeft)


def is_disconnect(error: BaseException) -> bool:
    """Tells whether an error says only that the client has left, however many tasks found out."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_disconnect(part) for part in error.exceptions)
    return isinstance(error, ClientLeft | _OF_QUART)


def read_from(websocket: Websocket, buffer: MessageBuffer) -> None:
    """Makes a websocket take its messages from ``buffer``.

    0.23 reads ``buffer``; 0.22 was given the ``get`` of the connection's queue when it was made.
    """
    if hasattr(websocket, "buffer"):
        cast("Any", websocket).buffer = buffer
