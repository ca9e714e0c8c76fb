"""What bodies may be sent in."""

from quart import request
from werkzeug.exceptions import UnsupportedMediaType


def refuse_encoded_body() -> None:
    """Lets the current request through unless its body is compressed.

    A few kilobytes can inflate to gigabytes, and nothing that is sent here needs it.

    Raises:
        UnsupportedMediaType: it is.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, uncompressed")
