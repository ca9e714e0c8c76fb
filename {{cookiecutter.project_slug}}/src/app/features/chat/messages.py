"""Messages: reading pages of them, posting, editing, deleting."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.database import Database
from app.database import UnitOfWork
from app.errors import Forbidden
from app.errors import IdempotencyKeyReused
from app.errors import NotFound
from app.identity.tables import UserRow
from app.principal import Principal
from app.principal import UserId

from . import policy
from .events import MessageDeleted
from .events import MessageEdited
from .events import MessagePosted
from .reads import mark_seen
from .schemas import Message
from .schemas import Person
from .standing import lock_room
from .standing import own_role
from .tables import MessageRow
from .topics import room_topic

KEY_TAKEN = "this idempotency key was used for another message"
NO_MESSAGE = "there is no such message"


@dataclass(frozen=True, slots=True)
class Posted:
    """What posting led to: a new message, or the one that an earlier try had stored."""

    message: Message
    is_repeat: bool


async def list_messages(
    who: Principal,
    database: Database,
    *,
    room_id: UUID,
    before_id: int | None = None,
    after_id: int | None = None,
    limit: int,
) -> list[Message]:
    """Returns at most ``limit`` messages, the nearest first: nearest to an id, else to now.

    So those before ``before_id``, and the newest of all, fall in id; those after ``after_id`` rise.

    Raises:
        NotFound, Forbidden: ``who`` is not a member of the room.
    """
    async with database.reading() as session:
        await own_role(who, session, room_id=room_id)
        asked = _with_authors(room_id).limit(limit)
        if before_id is not None:
            asked = asked.where(MessageRow.id < before_id)
        if after_id is not None:
            asked = asked.where(MessageRow.id > after_id).order_by(MessageRow.id)
        else:
            asked = asked.order_by(MessageRow.id.desc())
        return [_shape(row, name) for row, name in await session.execute(asked)]


async def post_message(
    who: Principal, database: Database, *, room_id: UUID, body: str, key: str
) -> Posted:
    """Stores a message and announces it, once for every ``key`` of one author.

    A repeat returns what the first try stored, as it is now, and announces nothing.

    Raises:
        NotFound, Forbidden: ``who`` is not a member of the room.
        IdempotencyKeyReused: the key was used for something else.
    """
    async with database.transaction() as work:
        await lock_room(who, work, room_id=room_id)
        added = (
            insert(MessageRow)
            .values(room_id=room_id, author_id=who.own_id, body=body, idempotency_key=key)
            .on_conflict_do_nothing()
            .returning(MessageRow)
        )
        row = (await work.session.scalars(added)).one_or_none()
        if row is None:
            earlier = await _posted_with(who, work, key)
            return Posted(_require_same(earlier, room_id=room_id, body=body), is_repeat=True)
        await mark_seen(who, work, room_id=room_id, message_id=row.id)
        message = _shape(row, who.name)
        posted = MessagePosted(version=message.version, message=message)
        work.announce(room_topic(room_id), posted.encoded())
        return Posted(message, is_repeat=False)


async def edit_message(
    who: Principal, database: Database, *, room_id: UUID, message_id: int, body: str
) -> Message:
    """Replaces the text of one's own message.

    Raises:
        NotFound: there is no such room or message for ``who``, or it was deleted.
        Forbidden: somebody else wrote it, or ``who`` is not a member of the room.
    """
    async with database.transaction() as work:
        await lock_room(who, work, room_id=room_id)
        row, name = await _existing(work, room_id, message_id)
        if not policy.may_edit(who, author_id=UserId(row.author_id)):
            raise Forbidden("only its author may edit a message")
        if row.body != body:
            row.body, row.edited_at = body, func.now()
            message = await _stored(work, row, name)
            edited = MessageEdited(version=message.version, message=message)
            work.announce(room_topic(room_id), edited.encoded())
        return _shape(row, name)


async def delete_message(
    who: Principal, database: Database, *, room_id: UUID, message_id: int
) -> None:
    """Takes away the text of a message; its place stays, so that nobody wonders.

    Raises:
        NotFound: there is no such room or message for ``who``, or it was deleted.
        Forbidden: ``who`` neither wrote it nor looks after the room.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        row, name = await _existing(work, room_id, message_id)
        if not policy.may_delete(who, role=standing.role, author_id=UserId(row.author_id)):
            raise Forbidden("only its author and moderators may delete a message")
        row.body, row.deleted_at = "", func.now()
        message = await _stored(work, row, name)
        deleted = MessageDeleted(version=message.version, message=message)
        work.announce(room_topic(room_id), deleted.encoded())


def _with_authors(room_id: UUID) -> Select[MessageRow, str]:
    return (
        select(MessageRow, UserRow.name)
        .join(UserRow, UserRow.id == MessageRow.author_id)
        .where(MessageRow.room_id == room_id)
    )


async def _existing(work: UnitOfWork, room_id: UUID, message_id: int) -> tuple[MessageRow, str]:
    asked = _with_authors(room_id).where(
        MessageRow.id == message_id, MessageRow.deleted_at.is_(None)
    )
    found = (await work.session.execute(asked)).one_or_none()
    if found is None:
        raise NotFound(NO_MESSAGE)
    return found[0], found[1]


async def _stored(work: UnitOfWork, row: MessageRow, author_name: str) -> Message:
    row.version += 1
    await work.session.flush()
    await work.session.refresh(row)
    return _shape(row, author_name)


async def _posted_with(who: Principal, work: UnitOfWork, key: str) -> Message:
    asked = select(MessageRow).where(
        MessageRow.author_id == who.own_id, MessageRow.idempotency_key == key
    )
    return _shape((await work.session.scalars(asked)).one(), who.name)


def _require_same(earlier: Message, *, room_id: UUID, body: str) -> Message:
    # A later edit or deletion changes the body, so only an untouched message can be compared.
    changed = earlier.version == 1 and earlier.body != body
    if earlier.room_id != room_id or changed:
        raise IdempotencyKeyReused(KEY_TAKEN)
    return earlier


def _shape(row: MessageRow, author_name: str) -> Message:
    return Message(
        id=row.id,
        room_id=row.room_id,
        author=Person(id=row.author_id, name=author_name),
        body=row.body,
        key=row.idempotency_key,
        version=row.version,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )
