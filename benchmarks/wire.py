"""What the clients of a benchmark say and count, as bytes."""

import json

# One byte of each payload that occurs nowhere else, so that messages can be counted without parsing.
MARK = b"~"
PAYLOAD = json.dumps(MARK.decode() + "x" * 125).encode()
MASK = b"\x00\x00\x00\x00"  # a mask that changes nothing

assert len(PAYLOAD) == 128


def upgrade(path: str, *, cookie: str = "", origin: str = "http://127.0.0.1") -> bytes:
    """Returns the request that opens a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    if cookie:
        lines += ["Sec-WebSocket-Protocol: realtime.v1.json", f"Cookie: {cookie}", f"Origin: {origin}"]
    return "\r\n".join([*lines, "", ""]).encode()


def request(path: str, *, cookie: str = "") -> bytes:
    """Returns the request that opens a stream of events."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream"]
    return "\r\n".join([*lines, *([f"Cookie: {cookie}"] if cookie else []), "", ""]).encode()


def hello(*topics: str) -> bytes:
    """Returns the first frame of a client of ours, which subscribes to ``topics``."""
    subscriptions = [{"topic": topic} for topic in topics]
    text = json.dumps({"type": "hello", "id": 1, "client": "bench/1", "subscriptions": subscriptions}).encode()
    size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
    return b"\x81" + size + MASK + text
