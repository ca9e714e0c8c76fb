"""What bodies may be sent in."""

from quart import Request
from werkzeug.exceptions import UnsupportedMediaType


def refuse_encoded_body(request: Request) -> None:
    """Lets a request through unless its body is compressed.

    A few kilobytes can inflate to gigabytes, and nothing that is sent here needs it.

    Raises:
        UnsupportedMediaType: it is.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, uncompressed")
