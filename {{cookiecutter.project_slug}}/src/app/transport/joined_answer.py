"""The head of an answer and its body in one write, where both are there at once.

uvicorn writes them one after the other, and uvloop passes each write on to the system: two calls
for every answer, and a system call costs more than most of what Python does for a plain request.
Only the head of an answer is held whose body is sent at once, as `app.transport.plain_exchange`
says in its message; nothing else can tell, and a timer for each would cost a turn of the loop.
In the version of uvicorn that was tried the usual head is put together here, and headers that every
answer has were looked at before; whatever is unusual about an answer is left to uvicorn.
"""

import asyncio
from typing import Any
from typing import Final

from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.transport import answer_lines
from app.transport.answer_lines import LENGTH_LINE
from app.transport.answer_lines import REPEATED_LINES
from app.transport.answer_lines import begin_of_line
from app.transport.answer_lines import is_good_value
from app.transport.answer_lines import known_lines
from app.transport.answer_lines import remember_line
from app.transport.direct import are_tested
from app.transport.server_answers import Headers

WITHOUT_BODY: Final = frozenset({204, 304})
# In the message with a head: its body is the next message, and comes without waiting.
WHOLE = "app.whole"


class _Head:
    """Stands in for a transport while the head is made, and takes it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.data = b""

    def write(self, data: bytes) -> None:
        """Takes what should be written."""
        self.data += data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Joined:
    """Stands in for a transport while the body is written: the head goes with the first of it."""

    def __init__(self, transport: asyncio.Transport, head: bytes) -> None:
        self._transport = transport
        self._head = head

    def write(self, data: bytes) -> None:
        """Writes what is held and ``data``."""
        head, self._head = self._head, b""
        self._transport.write(head + data if head else data)

    def flush(self) -> None:
        """Writes what is held, if anything is."""
        if self._head and not self._transport.is_closing():
            self.write(b"")

    def close(self) -> None:
        """Closes the transport after everything."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class JoinedAnswer(RequestResponseCycle):
    """A request and its answer, as uvicorn has them, with one write for both parts.

    ``own_headers`` go on the answer that uvicorn gives when the application has failed to.
    """

    head: bytes = b""
    own_headers: Headers = ()

    async def send_500_response(self) -> None:
        """Says that something went wrong, with what every answer tells browsers."""
        self.default_headers = [*self.default_headers, *self.own_headers]
        await super().send_500_response()

    async def send(self, message: Any) -> None:
        """Sends what is next of the answer."""
        if self.head:
            if not self._end_at_once(message):
                await self._send_with_head(message)
        elif WHOLE in message and not self.response_started and self.scope["method"] != "HEAD":
            if not self._begin_at_once(message):
                await self._send_head(message)
        else:
            await super().send(message)

    def _begin_at_once(self, message: Any) -> bool:
        """Holds the head of an answer; False when it is not of the usual kind."""
        if self.disconnected or self.flow.write_paused or self.access_log or not IS_TESTED:
            return False
        headers = message["headers"]
        known, block = answer_lines.shared()
        if known and headers[-len(known) :] == known:
            headers = headers[: -len(known)]
        else:
            block = b""
        lines, length = [STATUS_LINE[message["status"]]], -1
        for pair in (*self.default_headers, *headers):
            line = known_lines.get(pair)
            if line is None:
                name, value = pair
                begin = begin_of_line(name)
                if not begin or not is_good_value(value):
                    return False
                line = begin + value + b"\r\n"
                if begin == LENGTH_LINE:
                    if length >= 0 or not value.isdigit():
                        return False
                    length = int(value)
                elif begin in REPEATED_LINES:
                    remember_line(pair, line)
            lines.append(line)
        if length < 0 or message["status"] in WITHOUT_BODY:
            return False
        lines.append(block)
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        self.head = b"".join(lines)
        self.response_started, self.waiting_for_100_continue = True, False
        self.expected_content_length, self.chunked_encoding = length, False
        return True

    def _end_at_once(self, message: Any) -> bool:
        """Writes the head and the whole body; False when there is anything unusual about it."""
        body = message.get("body", b"")
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or len(body) != self.expected_content_length
            or self.disconnected
            or self.flow.write_paused
            or not IS_TESTED
        ):
            return False
        self.transport.write(self.head + body)
        self.head, self.expected_content_length = b"", 0
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    async def _send_head(self, message: Any) -> None:
        transport = self.transport
        self.transport = held = _Head(transport)  # type: ignore[assignment]
        try:
            await super().send(message)
        finally:
            self.transport = transport
        if self.chunked_encoding is False:
            self.head = held.data
        elif held.data:
            transport.write(held.data)

    async def _send_with_head(self, message: Any) -> None:
        transport = self.transport
        joined = _Joined(transport, self.head)
        self.head = b""
        self.transport = joined  # type: ignore[assignment]
        try:
            await super().send(message)
        finally:
            self.transport = transport
            joined.flush()


def make_own_cycles() -> None:
    """Has uvicorn make for each protocol the cycles of its ``answer``, if it names a class.

    To give a cycle its class afterwards costs a dictionary, and all that is asked of it more.
    """
    module: Any = httptools_impl
    if module.RequestResponseCycle is RequestResponseCycle:
        module.RequestResponseCycle = _cycle


def _cycle(**parts: Any) -> RequestResponseCycle:
    protocol = getattr(parts["on_response"], "__self__", None)
    made: RequestResponseCycle = getattr(protocol, "answer", RequestResponseCycle)(**parts)
    return made


IS_TESTED: Final = are_tested("uvicorn")
