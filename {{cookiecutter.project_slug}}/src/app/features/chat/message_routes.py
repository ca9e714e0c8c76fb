"""Chat over REST: the messages of a room, and what the caller has read of them."""

import uuid
from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint
from quart import request
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.resources import current_resources
from app.web import current_principal
from app.web import fails_with
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.idempotency import idempotency_key
from app.web.paging import Page
from app.web.paging import cut
from app.web.paging import decode_cursor
from app.web.problem_types import FORBIDDEN
from app.web.problem_types import INVALID
from app.web.problem_types import KEY_REUSED

from . import messages
from . import reads
from .routes import NOTHING
from .routes import READS
from .routes import WRITES
from .routes import Nothing
from .schemas import Message
from .schemas import MessagesQuery
from .schemas import NewMessage
from .schemas import ReadMark

POSTS = "120/minute"

blueprint = Blueprint("chat_messages", __name__, url_prefix="/api/v1/chat/rooms/<uuid:room_id>")


@blueprint.get("/messages")
@guard(signed_in)
@scope("chat:read")
@limit(READS)
@fails_with(FORBIDDEN, INVALID)  # a cursor is text, but not any text
@validate_querystring(MessagesQuery)
@validate_response(Page[Message])
async def list_messages(
    room_id: UUID, query_args: MessagesQuery
) -> tuple[Page[Message], int, dict[str, str]]:
    """Returns a page of messages, the newest first; ``next`` leads on in the same direction."""
    found = await messages.list_messages(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        before_id=_message_id(query_args.before),
        after_id=_message_id(query_args.after),
        limit=query_args.limit + 1,
    )
    page = page_of(found, query_args.limit)
    if query_args.after is not None:
        page.items.reverse()
    return page, 200, _link(page.next, query_args)


@blueprint.post("/messages")
@guard(signed_in)
@scope("chat:write")
@limit(POSTS)
@fails_with(FORBIDDEN, KEY_REUSED)
@validate_request(NewMessage)
@validate_response(Message, 201)
@validate_response(Message, 200)
async def post_message(room_id: UUID, data: NewMessage) -> tuple[Message, int]:
    """Posts a message: 201 the first time, 200 when its Idempotency-Key was used already.

    Without a key every request is a new message.
    """
    posted = await messages.post_message(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        body=data.body,
        key=idempotency_key() or str(uuid.uuid4()),
    )
    return posted.message, 200 if posted.is_repeat else 201


@blueprint.patch("/messages/<int:message_id>")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN)
@validate_request(NewMessage)
@validate_response(Message)
async def edit_message(room_id: UUID, message_id: int, data: NewMessage) -> Message:
    """Replaces the text of the caller's own message."""
    return await messages.edit_message(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        message_id=message_id,
        body=data.body,
    )


@blueprint.delete("/messages/<int:message_id>")
@guard(signed_in)
@scope("chat:write")
@limit(WRITES)
@fails_with(FORBIDDEN)
@document_response(None, 204)
async def delete_message(room_id: UUID, message_id: int) -> Nothing:
    """Takes away the text of a message."""
    await messages.delete_message(
        current_principal(), current_resources().database, room_id=room_id, message_id=message_id
    )
    return NOTHING


@blueprint.put("/read")
@guard(signed_in)
@scope("chat:write")
@limit(READS)
@fails_with(FORBIDDEN)
@validate_request(ReadMark)
@document_response(None, 204)
async def mark_read(room_id: UUID, data: ReadMark) -> Nothing:
    """Remembers how far the caller has read."""
    await reads.mark_read(
        current_principal(),
        current_resources().database,
        room_id=room_id,
        message_id=data.message_id,
    )
    return NOTHING


def page_of(found: list[Message], limit: int) -> Page[Message]:
    """Makes a page of the first ``limit`` messages; one more tells that there is a next page."""
    return cut(found, limit, key=lambda message: (message.id,), shape=lambda message: message)


def _message_id(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    (message_id,) = decode_cursor(cursor, kinds=(int,))
    return int(message_id)


def _link(cursor: str | None, query: MessagesQuery) -> dict[str, str]:
    if cursor is None:
        return {}
    direction = "before" if query.after is None else "after"
    following = urlencode({direction: cursor, "limit": query.limit})
    return {"Link": f'<{request.path}?{following}>; rel="next"'}
