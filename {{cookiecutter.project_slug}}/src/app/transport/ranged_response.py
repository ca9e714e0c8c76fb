"""The response as this service sends it: large chunks of files, and ranges as RFC 9110 has them."""

import secrets
from typing import Any

from quart.wrappers import Request
from quart.wrappers import Response
from werkzeug.datastructures import ContentRange
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.transport.file_body import LargeFileBody
from app.transport.file_body import ManyParts
from app.transport.ranges import Span
from app.transport.ranges import wanted_spans


class RangedResponse(Response):
    """Quart's response with our file bodies and our reading of Range.

    A file has no deadline: it takes as long as its client reads on. What a client does not read at
    all ends by ``WEB_WRITE_SECONDS``.
    """

    file_body_class = LargeFileBody

    def __init__(self, response: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(response, *args, **kwargs)
        if isinstance(self.response, LargeFileBody):
            self.timeout = None

    @classmethod
    def of_data(cls, data: bytes, content_type: str) -> "RangedResponse":
        """Returns an answer of 200 with ``data`` as its body, as the constructor would make it.

        Without its questions what the body may be, and whether a header is there already.
        """
        made = cls.__new__(cls)
        made.headers = headers = Headers()
        headers._list += [("Content-Type", content_type), ("Content-Length", str(len(data)))]
        made._status, made._status_code = "200 OK", 200
        made.timeout = ...
        made.response = made.data_body_class(data)
        return made

    async def _process_range_request(
        self,
        request: Request,
        complete_length: int | None = None,
        accept_ranges: str | None = None,
    ) -> bool:
        """Makes this a part of itself, when the request asks for that."""
        if accept_ranges is None or not complete_length:
            return False
        self.headers["Accept-Ranges"] = accept_ranges
        if not self._is_range_request_processable(request):
            return False
        try:
            spans = wanted_spans(request.headers["Range"], complete_length)
        except RequestedRangeNotSatisfiable:
            self.headers.pop("Content-Length", None)
            raise
        if spans is None:
            return False
        if not hasattr(self.response, "make_conditional"):
            await self.make_sequence()
        if len(spans) == 1:
            await self._become_part(spans[0], complete_length)
            return True
        return self._become_parts(spans, complete_length)

    async def _become_part(self, span: Span, size_bytes: int) -> None:
        begin, end = span
        body: Any = self.response
        await body.make_conditional(begin, end)
        self.content_length = end - begin
        self.content_range = ContentRange("bytes", begin, end, size_bytes)
        self.status_code = 206

    def _become_parts(self, spans: list[Span], size_bytes: int) -> bool:
        """Sends several parts, unless the whole is no more than they are."""
        boundary = secrets.token_hex(12)
        kind = self.content_type
        heads = [
            f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n"
            f"Content-Range: bytes {begin}-{end - 1}/{size_bytes}\r\n\r\n".encode()
            for begin, end in spans
        ]
        tail = f"\r\n--{boundary}--\r\n".encode()
        length = sum(end - begin for begin, end in spans) + len(tail) + sum(map(len, heads))
        if length >= size_bytes:
            return False
        self.response = ManyParts(self.response, spans, heads, tail)
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        self.content_length = length
        self.status_code = 206
        return True
