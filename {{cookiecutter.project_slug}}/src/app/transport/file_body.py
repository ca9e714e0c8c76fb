"""Files as bodies of answers: read in large pieces, by one thread hop each.

Quart reads 8 KiB at a time and asks for its place before each: 15 s of processor time for a GiB.
"""

import asyncio
from collections.abc import AsyncGenerator
from collections.abc import AsyncIterator
from typing import Any
from typing import BinaryIO

from quart.wrappers.response import FileBody
from quart.wrappers.response import ResponseBody

from app.transport.ranges import Span

CHUNK_BYTES = 256 * 1_024


class LargeFileBody(FileBody):
    """A file, or the part of it that `make_conditional` has chosen."""

    buffer_size = CHUNK_BYTES

    async def __aenter__(self) -> "LargeFileBody":
        self._left_bytes = self.end - self.begin
        opening = asyncio.get_running_loop().run_in_executor(None, self._begin)
        try:
            self._next: bytes | None = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The thread goes on, and nobody else would close what it opens.
            opening.add_done_callback(lambda _: self._opened.close())
            raise
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._opened.close()

    async def __anext__(self) -> bytes:
        chunk, self._next = self._next, None
        if chunk is None:
            chunk = await self._in_thread(self._read)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def _begin(self) -> bytes:
        self._opened: BinaryIO = self.file_path.open("rb")
        self._opened.seek(self.begin)
        return self._read()

    def _read(self) -> bytes:
        chunk = self._opened.read(min(self.buffer_size, self._left_bytes))
        self._left_bytes -= len(chunk)
        return chunk

    @staticmethod
    async def _in_thread(step: Any) -> bytes:
        chunk: bytes = await asyncio.get_running_loop().run_in_executor(None, step)
        return chunk


class ManyParts(ResponseBody):
    """Several parts of one body, as ``multipart/byteranges``; ``heads`` go before each."""

    def __init__(self, whole: Any, spans: list[Span], heads: list[bytes], tail: bytes) -> None:
        self._whole = whole
        self._parts = list(zip(spans, heads, strict=True))
        self._tail = tail

    async def __aenter__(self) -> AsyncIterator[bytes]:
        self._iterator: AsyncGenerator[bytes, None] = self._iterate()
        return self._iterator

    async def __aexit__(self, *failure: object) -> None:
        await self._iterator.aclose()

    async def _iterate(self) -> AsyncGenerator[bytes, None]:
        for (begin, end), head in self._parts:
            yield head
            await self._whole.make_conditional(begin, end)
            async with self._whole as body:
                async for chunk in body:
                    yield chunk
        yield self._tail
