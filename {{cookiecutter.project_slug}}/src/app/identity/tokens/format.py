"""How an API token looks: a prefix, 256 random bits, and a checksum that costs no look-up.

The prefix and the checksum let a secret scanner tell a token that somebody has published from any
other text; ``docs/features/accounts.md`` has the pattern for it.
"""

import hashlib
import secrets
import string
import zlib

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_BYTES = 32
SECRET_CHARACTERS = 43  # 62 ** 43 is more than 2 ** 256
CHECKSUM_CHARACTERS = 6  # 62 ** 6 is more than 2 ** 32
HINT_CHARACTERS = 4


def new_api_token(prefix: str, *, secret: bytes = b"") -> str:
    """Returns a token that nobody else has, or the one of a secret of 32 bytes."""
    random_bytes = secret or secrets.token_bytes(SECRET_BYTES)
    body = prefix + _base62(int.from_bytes(random_bytes), SECRET_CHARACTERS)
    return body + _checksum(body)


def looks_right(token: str, prefix: str) -> bool:
    """Tells whether a token can be one of ours; what cannot is not looked for in the database."""
    body, checksum = token[:-CHECKSUM_CHARACTERS], token[-CHECKSUM_CHARACTERS:]
    return (
        token.isascii()
        and token.startswith(prefix)
        and len(body) == len(prefix) + SECRET_CHARACTERS
        and _checksum(body) == checksum
    )


def hash_of(token: str) -> bytes:
    """Returns what is stored of a token; a fast hash does, for there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()


def hint_of(token: str, prefix: str) -> str:
    """Returns the few characters by which its owner knows a token again."""
    return token[: len(prefix) + HINT_CHARACTERS]


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), CHECKSUM_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    digits = []
    for _ in range(characters):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
