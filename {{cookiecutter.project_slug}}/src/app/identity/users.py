"""People: finding them, naming them, adding one."""

import hashlib
import re
import unicodedata
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Invalid
from app.errors import Unauthenticated
from app.identity.tables import UserRow
from app.principal import UserId
from app.roles import ADMINISTRATOR

EMAIL_MAX_CHARACTERS = 254
NAME_MAX_CHARACTERS = 80
# Control characters, and the marks that reverse text and so let one name pass for another.
# Written as escapes, which mean the same to Python and to whoever reads a JSON schema; halves of
# surrogate pairs are apart, because they are no JSON and no character in patterns of others.
MARKS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_CONTROL = rf"{MARKS}\ud800-\udfff"
_EMAIL_PART = rf"[^\s@<>\"(),:;\\{_CONTROL}]+"
CONTROLS = re.compile(f"[{_CONTROL}]")
_EMAIL = re.compile(rf"{_EMAIL_PART}@{_EMAIL_PART}\.{_EMAIL_PART}")


@dataclass(frozen=True, slots=True)
class User:
    """A person, without what nobody needs to know.

    ``password_seal`` tells whether the password is still the one of when the person was looked up.
    """

    id: UserId
    email: str
    name: str
    roles: frozenset[str]
    created_at: datetime
    password_seal: bytes = field(repr=False, compare=False)

    @property
    def is_admin(self) -> bool:
        """Whether they are an administrator."""
        return ADMINISTRATOR in self.roles


@dataclass(frozen=True, slots=True)
class Credentials:
    """A person and the hash that a password must match."""

    user: User
    password_hash: str


def clean_email(email: str) -> str:
    """Returns the address as it is stored: trimmed and in one Unicode form, its case kept.

    Raises:
        Invalid: it is no address; whether it receives mail, only a message could tell.
    """
    cleaned = unicodedata.normalize("NFC", email.strip())
    if len(cleaned) > EMAIL_MAX_CHARACTERS or not _EMAIL.fullmatch(cleaned):
        raise Invalid(fields={"email": "Enter an e-mail address, such as ada@example.com."})
    return cleaned


def clean_name(name: str) -> str:
    """Returns the name as it is stored: trimmed, in one Unicode form, its spaces single.

    Raises:
        Invalid: it is empty or too long, or holds characters that are not for names.
    """
    cleaned = unicodedata.normalize("NFC", " ".join(name.split()))
    if not cleaned:
        raise Invalid(fields={"name": "Enter a name."})
    if len(cleaned) > NAME_MAX_CHARACTERS:
        raise Invalid(fields={"name": f"Use at most {NAME_MAX_CHARACTERS} characters."})
    if CONTROLS.search(cleaned):
        raise Invalid(fields={"name": "Leave out control characters."})
    return cleaned


async def check_all(*checks: Callable[[], Awaitable[object] | object]) -> None:
    """Makes all checks: whoever filled in a form wants to hear of all that is wrong, at once.

    Raises:
        Invalid: with the fields of all checks that failed.
    """
    fields: dict[str, str] = {}
    for check in checks:
        try:
            outcome = check()
            if isinstance(outcome, Awaitable):
                await outcome
        except Invalid as error:
            fields.update(error.fields)
    if fields:
        raise Invalid("some fields need another look", fields=fields)


async def create_user(
    work: UnitOfWork, *, email: str, name: str, password_hash: str, is_admin: bool = False
) -> User:
    """Adds a person; the hash is made before the transaction, which would wait for it otherwise.

    Raises:
        Conflict: somebody has that address already, in whatever case.
        Invalid: the address or the name makes no sense.
    """
    values = {
        "email": clean_email(email),
        "name": clean_name(name),
        "password_hash": password_hash,
        "is_admin": is_admin,
        "roles": [ADMINISTRATOR] if is_admin else [],
    }
    added = insert(UserRow).values(values).on_conflict_do_nothing().returning(UserRow)
    row = (await work.session.scalars(added)).one_or_none()
    if row is None:
        raise Conflict("somebody has signed up with this e-mail address already")
    return _user(row)


async def find_user(session: AsyncSession, user_id: UserId) -> User | None:
    """Returns the person, or None when there is none or they are disabled."""
    row = (await session.scalars(_enabled().where(UserRow.id == user_id))).one_or_none()
    return _user(row) if row else None


async def find_credentials(session: AsyncSession, email: str) -> Credentials | None:
    """Returns who signs in with the address, in whatever case, unless they are disabled."""
    try:
        same = func.lower(UserRow.email) == func.lower(clean_email(email))
    except Invalid:
        return None  # nobody can have signed up with that
    row = (await session.scalars(_enabled().where(same))).one_or_none()
    return Credentials(_user(row), row.password_hash) if row else None


async def find_password_hash(session: AsyncSession, user_id: UserId) -> str | None:
    """Returns the hash of a person's password, None when they have none or are disabled."""
    row = (await session.scalars(_enabled().where(UserRow.id == user_id))).one_or_none()
    return (row.password_hash or None) if row else None


async def names(session: AsyncSession, ids: Iterable[UserId]) -> dict[UserId, str]:
    """Returns the names of people, disabled ones too; unknown ids are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = await session.execute(select(UserRow.id, UserRow.name).where(UserRow.id.in_(wanted)))
    return {UserId(user_id): name for user_id, name in found}


async def set_password_hash(work: UnitOfWork, user_id: UserId, password_hash: str) -> None:
    """Replaces the hash of a person's password; their sessions are the caller's to end."""
    changed = update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash)
    await work.session.execute(changed)


async def hold_account(work: UnitOfWork, user_id: UserId) -> None:
    """Has what opens an account be changed by one transaction at a time.

    Whoever is to lock rows of a person's calls this before: deleting the account locks the person
    first, and of two who come from both ends PostgreSQL would have to end one.
    """
    mine = select(UserRow.id).where(UserRow.id == user_id)
    await work.session.execute(mine.with_for_update(key_share=True))


async def hold_open(work: UnitOfWork, user: User) -> None:
    """Has an account stay in use, and its password what it is, until the transaction ends.

    Raises:
        Unauthenticated: it was deleted or shut out, or its password changed, since it was read.
    """
    mine = select(UserRow.password_hash)
    mine = mine.where(UserRow.id == user.id, UserRow.disabled_at.is_(None))
    password_hash = (await work.session.scalars(mine.with_for_update(read=True))).one_or_none()
    if password_hash is None:
        raise Unauthenticated("this account is not in use")
    if _seal(password_hash) != user.password_seal:
        raise Unauthenticated("sign in again")


async def hash_anew(work: UnitOfWork, known: Credentials, password_hash: str) -> User | None:
    """Replaces the hash of the same password; None when another was stored in between."""
    same = update(UserRow).where(
        UserRow.id == known.user.id, UserRow.password_hash == known.password_hash
    )
    changed = same.values(password_hash=password_hash).returning(UserRow)
    row = (await work.session.scalars(changed)).one_or_none()
    return _user(row) if row else None


def _enabled() -> Select[UserRow]:
    return select(UserRow).where(UserRow.disabled_at.is_(None))


def _user(row: UserRow) -> User:
    return User(
        id=UserId(row.id),
        email=row.email,
        name=row.name,
        roles=frozenset(row.roles),
        created_at=row.created_at,
        password_seal=_seal(row.password_hash),
    )


def _seal(password_hash: str) -> bytes:
    return hashlib.sha256(password_hash.encode()).digest()
