"""Password hashing: Argon2id in a few threads of its own, so that no request waits for another's.

One hash takes 19 MiB and some tens of milliseconds of one core. The threads bound the memory and
the processor time that a flood of sign-ins can take; the bounded queue before them, the wait.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError
from argon2.exceptions import VerificationError

from app.errors import Invalid
from app.errors import Unavailable
from app.identity.passwords.breached import BreachedPasswords
from app.identity.passwords.common import is_common
from app.identity.passwords.common import is_made_of
from app.identity.passwords.common import words_of
from app.settings import IdentitySettings

Result = TypeVar("Result")

PASSWORD_MAX_BYTES = 1_024
MEMORY_KIB = 19 * 1_024
PASSES = 2
LANES = 1
QUEUED_PER_THREAD = 32

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("the password of nobody")


class Passwords:
    """Hashes and verifies passwords off the event loop; nobody may choose ``name``."""

    def __init__(self, settings: IdentitySettings, *, name: str = "") -> None:
        self._words = words_of(f"{name} {settings.password_words}")
        self._breached = BreachedPasswords(settings.breached_passwords_file)
        self._min_characters = settings.password_min_characters
        self._threads = ThreadPoolExecutor(settings.password_hash_threads, "password")
        self._queue_calls = settings.password_hash_threads * QUEUED_PER_THREAD
        self._calls = 0
        # How many hashes were begun so far: known and unknown people must cost the same.
        self.begun = 0
        _hash_of_nobody()

    async def check(self, password: str) -> None:
        """Refuses a password that must not be chosen; there are no rules of composition.

        Raises:
            Invalid: it is too short or too long, among those that everybody tries first, in the
                list of breached ones, or made of words of this service.
            Unavailable: that list cannot be read.
        """
        if len(password) < self._min_characters:
            raise Invalid(fields={"password": f"Use {self._min_characters} characters or more."})
        usable = _usable(password)
        if is_made_of(usable, self._words):
            raise Invalid(fields={"password": "Not the name of the service. Choose another."})
        # In a thread: the first time, a list of 30,000 is read.
        if await asyncio.to_thread(is_common, usable):
            raise Invalid(fields={"password": "Many people use this one. Choose another."})
        if self._breached.is_given and await self._is_breached(usable):
            raise Invalid(fields={"password": "This one was in a breach. Choose another."})

    async def _is_breached(self, usable: str) -> bool:
        try:
            return await asyncio.to_thread(self._breached.has, usable)
        except OSError as error:
            raise Unavailable(f"the list of breached passwords: {error}") from error

    async def hash(self, password: str) -> str:
        """Returns the hash of a password, with its parameters and salt, in the PHC format.

        Raises:
            Invalid: it is too long.
            Unavailable: too many others are waiting.
        """
        usable = _usable(password)
        return await self._run(lambda: _hasher.hash(usable))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tells whether the password belongs to the hash.

        Without a hash (nobody has that address) and for a password that nobody can have, the answer
        is no, and takes as long to come.

        Raises:
            Unavailable: too many others are waiting.
        """
        try:
            given = _usable(password)
        except Invalid:
            given, password_hash = "", None
        matches = await self._run(lambda: _matches(given, password_hash or _hash_of_nobody()))
        return matches and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Tells whether the hash was made with other parameters than today's."""
        return _hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """Lets the threads go; hashes under way are finished and dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[], Result]) -> Result:
        if self._calls >= self._queue_calls:
            raise Unavailable("too many passwords are being checked", after_seconds=2.0)
        self._calls += 1
        self.begun += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, call)
        # Counted down when the thread is done, not when a caller leaves: a hash cannot be stopped.
        future.add_done_callback(self._count_down)
        return await asyncio.shield(future)

    def _count_down(self, future: asyncio.Future[Result]) -> None:
        self._calls -= 1
        if not future.cancelled():
            future.exception()


def _usable(password: str) -> str:
    try:
        too_long = len(password.encode()) > PASSWORD_MAX_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        raise Invalid(fields={"password": "Use whole characters."}) from None
    if too_long:
        raise Invalid(fields={"password": f"Use at most {PASSWORD_MAX_BYTES} bytes."})
    # The same accented letter arrives as one character or as two, depending on the keyboard.
    return unicodedata.normalize("NFKC", password)


def _matches(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
