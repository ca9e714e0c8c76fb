"""Secrets that have to be read again: encrypted before they are stored.

AES-256-GCM under a key derived (HKDF) from the first of IDENTITY_SECRET_KEYS. Whatever an older key
of the list has sealed can still be opened, and is sealed anew when it is next used; so a key is
replaced by putting a new one before it, and taken away some weeks later.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.settings import KEY_MIN_CHARACTERS

KEY_BYTES = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12


class CannotOpen(Exception):
    """None of the keys opens this, or it was sealed about something else."""


class Sealer:
    """Seals and opens; ``purpose`` keeps the keys of different uses apart."""

    def __init__(self, keys: str, *, purpose: str) -> None:
        """Derives the keys from a list separated by commas or white space, the present one first.

        Raises:
            ValueError: one is too short to be a key.
        """
        secrets = keys.replace(",", " ").split()
        if any(len(secret) < KEY_MIN_CHARACTERS for secret in secrets):
            raise ValueError(f"a key has {KEY_MIN_CHARACTERS} characters at least")
        derived = [_derive(secret, purpose) for secret in secrets]
        self._keys = {_key_id(key): AESGCM(key) for key in derived}
        self._present = _key_id(derived[0]) if derived else b""

    @property
    def is_ready(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._keys)

    def seal(self, secret: bytes, *, about: bytes) -> bytes:
        """Returns the secret in a form that can be stored; it opens only with the same ``about``.

        Raises:
            LookupError: there is no key.
        """
        if not self._keys:
            raise LookupError("IDENTITY_SECRET_KEYS is empty")
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._present].encrypt(nonce, secret, about)
        return self._present + nonce + sealed

    def open(self, sealed: bytes, *, about: bytes) -> bytes:
        """Returns what was sealed.

        Raises:
            CannotOpen: its key is not in the list, or it was altered or moved.
        """
        key = self._keys.get(sealed[:KEY_ID_BYTES])
        nonce_end = KEY_ID_BYTES + NONCE_BYTES
        if key is None:
            raise CannotOpen("no key of the list has sealed this")
        try:
            return key.decrypt(sealed[KEY_ID_BYTES:nonce_end], sealed[nonce_end:], about)
        except InvalidTag as error:
            raise CannotOpen("this was altered, or belongs elsewhere") from error

    def is_old(self, sealed: bytes) -> bool:
        """Tells whether another than the present key has sealed this."""
        return not sealed.startswith(self._present)


def _derive(secret: str, purpose: str) -> bytes:
    # No salt: the input is random already, and every process must come to the same key.
    kdf = HKDF(hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return kdf.derive(secret.encode())


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]
