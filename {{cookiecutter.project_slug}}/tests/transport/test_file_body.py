"""A file whose client leaves while it is being opened is closed all the same."""

import asyncio
import threading
from pathlib import Path

import pytest

from app.transport.file_body import LargeFileBody
from tests.transport.servers import until


class SlowlyOpened(LargeFileBody):
    """Opens when it is told to."""

    may_open = threading.Event()

    def _begin(self) -> bytes:
        self.may_open.wait(5)
        return super()._begin()


async def test_a_file_that_opens_after_its_client_has_left_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "page.css"
    path.write_bytes(b"x" * 10)
    body = SlowlyOpened(path)
    await body.make_conditional(0, None)
    entering = asyncio.create_task(body.__aenter__())
    await asyncio.sleep(0)

    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    body.may_open.set()

    await until(lambda: hasattr(body, "_opened") and body._opened.closed)
