"""Heads of requests that two readers may understand in two ways, and floods of headers.

Each is followed by a request of its own that nobody must ever see answered.
"""

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
FOUR = b"Content-Length: 4\r\n"
BODY = b"4\r\nabcd\r\n0\r\n\r\n"


def posted(fields: bytes, body: bytes, *, line: bytes = b"POST /echo HTTP/1.1\r\n") -> bytes:
    """Returns a request with a hidden one behind it."""
    return line + HOST + fields + b"\r\n" + body + SMUGGLED


AMBIGUOUS = {
    "length and chunked": posted(b"Content-Length: 6\r\n" + CHUNKED, b"0\r\n\r\nG"),
    "chunked and length": posted(CHUNKED + b"Content-Length: 6\r\n", b"0\r\n\r\nG"),
    "two lengths": posted(FOUR + b"Content-Length: 5\r\n", b"abcde"),
    "a length with a sign": posted(b"Content-Length: +4\r\n", b"abcd"),
    "a length with an underscore": posted(b"Content-Length: 1_0\r\n", b"abcd"),
    "an unknown coding": posted(b"Transfer-Encoding: xchunked\r\n", BODY),
    "two codings": posted(b"Transfer-Encoding: gzip, chunked\r\n", BODY),
    "chunked is not last": posted(b"Transfer-Encoding: chunked, identity\r\n", BODY),
    "two lines of codings": posted(CHUNKED + b"Transfer-Encoding: identity\r\n", BODY),
    "a coding behind a control": posted(b"Transfer-Encoding: \x0bchunked\r\n", BODY),
    "chunked in HTTP/1.0": posted(CHUNKED, BODY, line=b"POST /echo HTTP/1.0\r\n"),
    "a chunk without a size": posted(CHUNKED, b"zz\r\nabcd\r\n0\r\n\r\n"),
    "a chunk in C's hexadecimal": posted(CHUNKED, b"0x4\r\nabcd\r\n0\r\n\r\n"),
    "a negative chunk": posted(CHUNKED, b"-4\r\nabcd\r\n0\r\n\r\n"),
    "a chunk that goes on": posted(CHUNKED, b"4\r\nabcdXX0\r\n\r\n"),
    "a line feed in a chunk's extension": posted(CHUNKED, b"4;\nx\r\nabcd\r\n0\r\n\r\n"),
    "lines without CR": b"POST /echo HTTP/1.1\nHost: localhost\nContent-Length: 4\n\nabcd"
    + SMUGGLED,
    "one line without CR": posted(b"X: y\nContent-Length: 4\r\n", b"abcd"),
    "a CR inside": posted(b"X: y\rContent-Length: 4\r\n", b"abcd"),
    "a space before the colon": posted(b"Content-Length : 4\r\n", b"abcd"),
    "a coding before a space": posted(FOUR + b"Transfer-Encoding : chunked\r\n", b"abcd"),
    "a folded line": posted(FOUR + b"X: a\r\n b\r\n", b"abcd"),
    "a folded coding": posted(FOUR + b"Transfer-Encoding:\r\n chunked\r\n", b"abcd"),
    "a NUL": posted(FOUR + b"X: a\x00b\r\n", b"abcd"),
    "a first line that is folded": (
        b"POST /echo HTTP/1.1\r\n Content-Length: 40\r\n" + HOST + FOUR + b"\r\nabcd" + SMUGGLED
    ),
    "no host": b"GET /echo HTTP/1.1\r\n\r\n" + SMUGGLED,
    "two hosts": b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + SMUGGLED,
    "another version": b"GET /echo HTTP/1.9\r\n" + HOST + b"\r\n" + SMUGGLED,
    "no version": b"GET /echo\r\n\r\n" + SMUGGLED,
    "HTTP/2 without TLS": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED,
}

FLOODS = {
    "2,000 headers": posted(b"".join(b"X-%d: 1\r\n" % number for number in range(2_000)), b""),
    "a header of 64 KiB": posted(b"X: " + b"a" * 65_600 + b"\r\n", b""),
    "a target of 100 KiB": posted(b"", b"", line=b"GET /" + b"e" * 102_400 + b" HTTP/1.1\r\n"),
    "a target of 20 KiB": posted(b"", b"", line=b"GET /" + b"e" * 20_480 + b" HTTP/1.1\r\n"),
}
