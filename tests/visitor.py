"""A person with a browser, seen from outside the service: signs in, opens a room, posts, listens, comes back."""

import json
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect

PROTOCOL = "realtime.v1.json"
EVENT_SECONDS_HANG_GUARD = 120.0
REQUEST_SECONDS_HANG_GUARD = 120.0


@dataclass
class Ear:
    """A socket that listens to one topic; ``since`` is where it has got to."""

    connection: ClientConnection
    topic: str
    since: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    recovered: bool | None = None

    def hello(self, since: dict[str, Any] | None) -> None:
        """Subscribes, and takes what was missed."""
        subscription = {"topic": self.topic} | ({"since": since} if since else {})
        command = {"type": "hello", "id": 1, "client": "test/1", "subscriptions": [subscription]}
        self.connection.send(json.dumps(command))
        (result,) = next(self._frames())["result"]["subscriptions"]
        assert "error" not in result, result
        self.since = {"epoch": result["epoch"], "offset": result["offset"]}
        self.recovered = result.get("recovered")
        for missed in result["messages"]:
            self._take(missed)

    def wait_for(self, text: str) -> None:
        """Listens until a message with this text has come."""
        frames = self._frames()
        while text not in self.texts:
            frame = next(frames)
            assert frame["type"] != "gap", frame
            if frame["type"] == "message" and "offset" in frame:
                self._take(frame)

    def _take(self, message: dict[str, Any]) -> None:
        self.since["offset"] = message["offset"]
        if message["data"]["type"] == "message_posted":
            self.texts.append(message["data"]["message"]["body"])

    def _frames(self) -> Iterator[dict[str, Any]]:
        before = time.monotonic() + EVENT_SECONDS_HANG_GUARD
        while True:
            text = self.connection.recv(timeout=max(0.0, before - time.monotonic()))
            for line in str(text).splitlines():
                frame = json.loads(line)
                if frame["type"] == "ping":
                    self.connection.send('{"type":"pong"}')
                yield frame


class Visitor:
    """One browser of one person."""

    def __init__(self, url: str, authority: Path) -> None:
        self.url = url
        self.client = httpx.Client(
            base_url=url,
            verify=ssl.create_default_context(cafile=authority),
            http2=True,
            headers={"Origin": url},
            timeout=REQUEST_SECONDS_HANG_GUARD,
        )
        # One of its own, because the client has told the other to ask for HTTP/2.
        self.trust = ssl.create_default_context(cafile=authority)

    def sign_in(self, email: str, password: str) -> None:
        """Signs in; the cookie stays in the client."""
        answer = self.client.post("/api/v1/accounts/sign-in", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text

    def open_room(self, name: str) -> str:
        """Returns the id of a new room."""
        answer = self.client.post("/api/v1/chat/rooms", json={"name": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def post(self, room: str, text: str) -> None:
        """Posts a message, again with the same key when the connection broke, as the browser's client does."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        before = time.monotonic() + REQUEST_SECONDS_HANG_GUARD
        while True:
            try:
                answer = self.client.post(f"/api/v1/chat/rooms/{room}/messages", json={"body": text}, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code in {200, 201}:
                return
            assert time.monotonic() < before, answer and answer.text
            time.sleep(0.1)

    def texts(self, room: str) -> list[str]:
        """Returns what a page of the room shows, the oldest first."""
        items = self.client.get(f"/api/v1/chat/rooms/{room}/messages").json()["items"]
        return [item["body"] for item in reversed(items)]

    @property
    def cookie(self) -> str:
        """The header that a socket's handshake carries."""
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    @property
    def socket_url(self) -> str:
        """Where sockets are opened."""
        return self.url.replace("https://", "wss://") + "/realtime/socket"

    @contextmanager
    def listening(self, room: str, since: dict[str, Any] | None = None) -> Iterator[Ear]:
        """Listens to a room over WebSocket, from ``since`` on."""
        headers = {"Cookie": self.cookie}
        with connect(
            self.socket_url,
            ssl=self.trust,
            origin=self.url,
            subprotocols=[PROTOCOL],
            additional_headers=headers,
            # The proxy tries for 10 s by itself, as long as a client would wait that is told nothing.
            open_timeout=REQUEST_SECONDS_HANG_GUARD,
        ) as connection:
            ear = Ear(connection, f"chat:{room}")
            ear.hello(since)
            yield ear
