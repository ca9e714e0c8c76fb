"""Messages of a WebSocket between the server and the view that reads them: a bounded few."""

import asyncio

Message = str | bytes


class ClientLeft(Exception):
    """The client is gone, so there is nothing more to read or to send."""


class MessageBuffer:
    """Holds ``messages`` at most; when it is full the socket is not read, so the client waits."""

    def __init__(self, messages: int) -> None:
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue(messages)
        self._left = False

    async def put(self, message: Message) -> None:
        """Adds a message, once there is room."""
        await self._queue.put(message)

    async def get(self) -> Message:
        """Returns the next message.

        Raises:
            ClientLeft: there is none and will be none.
        """
        if self._left and self._queue.empty():
            raise ClientLeft
        message = await self._queue.get()
        if message is None:
            self._queue.put_nowait(None)  # for whoever else waits
            raise ClientLeft
        return message

    def disconnect(self) -> None:
        """Lets whoever waits for a message know that none will come."""
        self._left = True
        if self._queue.empty():
            self._queue.put_nowait(None)
