"""The door in front of the web application: three paths are ours, everything else goes inside."""

from app.realtime.asgi import ASGIApp
from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.core import Core
from app.realtime.endpoints.command_endpoint import serve_command
from app.realtime.endpoints.socket_endpoint import serve_socket
from app.realtime.endpoints.stream_endpoint import serve_stream

SOCKET_PATH = "/realtime/socket"
STREAM_PATH = "/realtime/events"
COMMANDS_PATH = "/realtime/commands"


class RealtimeEndpoint:
    """A raw ASGI application: from the handshake on a message touches no framework code."""

    def __init__(self, core: Core, inner: ASGIApp) -> None:
        self._core = core
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, or hands it on."""
        match scope["type"], scope.get("path"):
            case "websocket", "/realtime/socket":
                await serve_socket(self._core, scope, receive, send)
            case "http", "/realtime/events":
                await serve_stream(self._core, scope, receive, send)
            case "http", "/realtime/commands":
                await serve_command(self._core, scope, receive, send)
            case _:
                await self._inner(scope, receive, send)
