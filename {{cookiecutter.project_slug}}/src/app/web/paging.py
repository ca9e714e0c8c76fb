"""Lists in pages by keyset: a page says where the next one starts, and nothing is ever counted.

rows = await newest(session, before=decode_cursor(cursor, kinds=(str,)), count=count + 1)
page = cut(rows, count, key=lambda row: (row.id,), shape=RoomShape.of)
return page, 200, link_next(page.next)
"""

import json
from base64 import urlsafe_b64decode
from base64 import urlsafe_b64encode
from collections.abc import Callable
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from typing import Generic
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel
from pydantic import Field
from quart import request

from app.errors import Invalid

CURSOR = "cursor"
CURSOR_MAX_CHARACTERS = 1_000

SHORT_LIST = "__short_list__"

View = TypeVar("View", bound=Callable[..., Any])
Item = TypeVar("Item")
Row = TypeVar("Row")
Key = str | int | float


class Page(BaseModel, Generic[Item]):
    """Some items of a list, and where it goes on."""

    items: list[Item]
    next: str | None = Field(
        default=None, description="Send it as `cursor` to get the next page; null on the last."
    )


def short_list(why: str) -> Callable[[View], View]:
    """Declares that one answer holds all of a list, and why that cannot become long."""

    def declare(view: View) -> View:
        setattr(view, SHORT_LIST, why)
        return view

    return declare


def encode_cursor(*key: Key) -> str:
    """Returns the sort key of a row as text that clients pass back without looking inside."""
    packed = json.dumps(key, separators=(",", ":"), ensure_ascii=False).encode()
    return urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, *, kinds: tuple[type[Key], ...]) -> tuple[Key, ...]:
    """Returns the sort key in a cursor, which holds one value of each of ``kinds``.

    Raises:
        Invalid: this is no cursor of this list.
    """
    try:
        if len(cursor) > CURSOR_MAX_CHARACTERS:
            raise ValueError
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(urlsafe_b64decode(padded.encode("ascii")))
        if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
            raise ValueError
    except (ValueError, RecursionError):
        raise Invalid(fields={CURSOR: "this is no cursor of this list"}) from None
    return tuple(key)


def decode_moment_and_id(cursor: str) -> tuple[datetime, UUID]:
    """Returns the place in a list that goes by a moment and then by an id.

    Raises:
        Invalid: this is no cursor of such a list.
    """
    moment, row_id = decode_cursor(cursor, kinds=(str, str))
    try:
        place = datetime.fromisoformat(str(moment)), UUID(str(row_id))
    except ValueError:
        raise Invalid(fields={CURSOR: "this is no cursor of this list"}) from None
    if place[0].tzinfo is None:
        raise Invalid(fields={CURSOR: "this is no cursor of this list"})
    return place


def cut(
    rows: Sequence[Row],
    count: int,
    *,
    key: Callable[[Row], tuple[Key, ...]],
    shape: Callable[[Row], Item],
) -> Page[Item]:
    """Makes a page of the first ``count`` rows; one row more tells that there is a next page."""
    shown = rows[:count]
    more = len(rows) > count
    return Page(
        items=[shape(row) for row in shown],
        next=encode_cursor(*key(shown[-1])) if more and shown else None,
    )


def link_next(cursor: str | None) -> dict[str, str]:
    """Returns the header ``Link`` to the next page of the current request, if there is one."""
    if cursor is None:
        return {}
    query = urlencode({**request.args.to_dict(), CURSOR: cursor})
    return {"Link": f'<{request.path}?{query}>; rel="next"'}
