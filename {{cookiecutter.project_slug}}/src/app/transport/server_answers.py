"""What a server answers by itself, with no application behind it: a refusal, and the end."""

from collections.abc import Iterable
from http import HTTPStatus

Headers = tuple[tuple[bytes, bytes], ...]

# What Hypercorn says, and no more, wherever it refuses something or has to answer for a view.
BARE = [(b"content-length", b"0"), (b"connection", b"close")]


def refusal(status: HTTPStatus, headers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """Returns a whole answer without a body, as it goes out on HTTP/1.1."""
    lines = [b"HTTP/1.1 %d %b" % (status, status.phrase.encode())]
    lines += [b"%b: %b" % pair for pair in (*BARE, *headers)]
    return b"\r\n".join((*lines, b"", b""))


def completed(own: Iterable[tuple[bytes, bytes]], headers: Headers) -> list[tuple[bytes, bytes]]:
    """Returns an answer's own headers, and those that it does not bring."""
    brought = [*own]
    names = {name.lower() for name, _ in brought}
    return [*brought, *(pair for pair in headers if pair[0] not in names)]
