"""Heads of requests that two readers could understand in two ways: refused, not interpreted.

A proxy in front reads a request and passes it on. Where the two disagree on where it ends, a client
hides a second request in the first one, which nobody checks (request smuggling). RFC 9112 leaves
servers a choice in most of these; closing the connection is the one that is always safe.
"""

from collections.abc import Iterable
from http import HTTPStatus

from h11 import RemoteProtocolError
from h11._receivebuffer import ReceiveBuffer

HEAD_MAX_BYTES = 64 * 1_024
TARGET_MAX_BYTES = 16 * 1_024
FIELDS_MAX = 100
VERSIONS = {"1.0", "1.1"}


def fault_of(
    *, target: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]
) -> HTTPStatus | None:
    """Returns what is to be answered to a head that is not taken, or None for a good one.

    The names of the headers are in lower case.
    """
    if version not in VERSIONS:
        return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    if len(target) > TARGET_MAX_BYTES:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    size = lengths = hosts = fields = 0
    codings: list[bytes] = []
    for name, text in headers:  # one loop: every request pays for it
        fields += 1
        size += len(name) + len(text)
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            lengths += 1
        elif name == b"transfer-encoding":
            codings.append(text)
    if fields > FIELDS_MAX or size > HEAD_MAX_BYTES:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return _fault_of_framing(version, lengths=lengths, codings=codings, hosts=hosts)


def _fault_of_framing(
    version: str, *, lengths: int, codings: list[bytes], hosts: int
) -> HTTPStatus | None:
    # 1. Two ways to tell where the body ends, or one of them told twice.
    if lengths + len(codings) > 1:
        return HTTPStatus.BAD_REQUEST
    # 2. A coding that is not undone here, or whose end an old server does not see.
    if codings and (codings[0].strip().lower() != b"chunked" or version == "1.0"):
        return HTTPStatus.NOT_IMPLEMENTED
    # 3. Not one host: the proxy may have chosen by another than we do.
    if hosts > 1 or (not hosts and version == "1.1"):
        return HTTPStatus.BAD_REQUEST
    return None


class StrictBuffer(ReceiveBuffer):
    """What h11 reads lines from, without the lenience that it has for old clients.

    It takes a bare LF for the end of a line, and a line that begins with a space for the rest of
    the one before. Other readers do not.
    """

    _taken: bytes | bytearray = b""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """Returns the lines of a head, or of the trailer of a body, once all are there.

        Raises:
            RemoteProtocolError: they are not separated as RFC 9112 has it.
        """
        lines = super().maybe_extract_lines()
        if lines is not None and not _is_plain(self._taken):
            raise RemoteProtocolError("a line ends in LF alone or goes on in the next")
        return lines

    def _extract(self, count: int) -> bytearray:
        self._taken = super()._extract(count)
        return self._taken


def _is_plain(taken: bytes | bytearray) -> bool:
    return (
        taken.count(b"\n") == taken.count(b"\r\n") and b"\n " not in taken and b"\n\t" not in taken
    )
