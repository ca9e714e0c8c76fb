"""``history``: messages of a topic again, page by page, in both directions."""

from collections.abc import Sequence

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.core import Core
from app.realtime.endpoints.asker import Asker
from app.realtime.protocol import frames
from app.realtime.protocol.messages import History
from app.realtime.protocol.messages import Refusal
from app.realtime.subscribing.log_reading import ABOVE_EVERY_OFFSET
from app.realtime.topics import Window

NO_HISTORY = Refusal("invalid", "this topic keeps nothing")
OTHER_EPOCH = Refusal("invalid", "since is not of this topic's epoch")


async def history(core: Core, asker: Asker, command: History) -> bytes | Refusal:
    """Returns at most ``limit`` messages, and no more bytes than a recovery may have.

    ``offset`` is the newest position; ``more`` says that there are others in that direction.
    """
    refusal = await core.access.refuse(asker.principal, command.topic, "history")
    namespace = core.access.namespace(command.topic)
    window = namespace.window if namespace is not None else None
    if refusal is not None or window is None:
        return refusal or NO_HISTORY
    since = command.since.position if command.since is not None else None
    read = _before if command.reverse else _after
    top, entries = await read(core, command, window)
    if since is not None and (since.epoch != top.epoch or since.offset > top.offset):
        return OTHER_EPOCH
    page = _page(entries, command.limit, max_bytes=core.settings.recovery_topic_max_bytes)
    return frames.history(top, page, more=len(page) < len(entries))


async def _after(core: Core, command: History, window: Window) -> tuple[Position, Sequence[Entry]]:
    after = command.since.offset if command.since is not None else 0
    read = await core.backplane.history(
        command.topic, window=window, after=after, limit=command.limit + 1
    )
    return read.top, read.entries


async def _before(core: Core, command: History, window: Window) -> tuple[Position, Sequence[Entry]]:
    """Reads upwards from where the page must begin, as offsets rise by one, and turns it round."""
    if command.since is not None:
        before = command.since.offset
    else:
        top = await core.backplane.history(
            command.topic, window=window, after=ABOVE_EVERY_OFFSET, limit=1
        )
        before = top.top.offset + 1
    after = max(0, before - 1 - (command.limit + 1))
    read = await core.backplane.history(
        command.topic, window=window, after=after, limit=command.limit + 1
    )
    older = [entry for entry in read.entries if entry.offset < before]
    return read.top, older[::-1]


def _page(entries: Sequence[Entry], limit: int, *, max_bytes: int) -> Sequence[Entry]:
    size_bytes = 0
    for count, entry in enumerate(entries[:limit]):
        size_bytes += len(entry.data)
        if size_bytes > max_bytes and count:
            return entries[:count]
    return entries[:limit]
