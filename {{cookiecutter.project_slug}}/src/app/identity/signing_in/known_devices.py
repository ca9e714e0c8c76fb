"""Browsers that somebody has signed in with: they are not shut out when strangers guess.

A limit for an account bounds guesses from anywhere, and with it anybody could keep the owner out by
guessing. So a browser that has signed in keeps a token, which opens nothing: it only has attempts
counted apart from those of strangers. (OWASP, "Slow down online guessing attacks with device
cookies".)
"""

import base64
import binascii
import secrets
import struct
import time
from collections.abc import Callable

from app.identity.sealing import CannotOpen
from app.identity.sealing import Sealer

SECONDS = 180 * 86_400
ID_BYTES = 16
TOKEN_MAX_CHARACTERS = 200
CONTENT = struct.Struct(f"!Q{ID_BYTES}s")


class KnownDevices:
    """Makes and reads the tokens; nothing is stored, and they tell nothing of whose they are."""

    def __init__(self, keys: str, *, now: Callable[[], float] = time.time) -> None:
        self._sealer = Sealer(keys, purpose="known device")
        self._now = now

    def vouch(self, account: str, *, brought: str = "") -> str | None:
        """Returns a token for a browser that has just signed in to an account, in any words.

        A browser that is known keeps its id, so that signing in again gets it no more attempts.
        None without IDENTITY_SECRET_KEYS.
        """
        if not self._sealer.is_ready:
            return None
        known = self.recognise(brought, account)
        device = bytes.fromhex(known) if known else secrets.token_bytes(ID_BYTES)
        content = CONTENT.pack(int(self._now()) + SECONDS, device)
        return base64.urlsafe_b64encode(self._sealer.seal(content, about=_about(account))).decode()

    def recognise(self, token: str, account: str) -> str | None:
        """Returns the id of the browser, or None when it is not known to this account."""
        if not token or len(token) > TOKEN_MAX_CHARACTERS or not token.isascii():
            return None
        try:
            sealed = base64.b64decode(token, altchars=b"-_", validate=True)
            content = self._sealer.open(sealed, about=_about(account))
        except (binascii.Error, CannotOpen):
            return None
        good_until, device = CONTENT.unpack(content)
        return str(device.hex()) if good_until > self._now() else None


def _about(account: str) -> bytes:
    return account.strip().lower().encode(errors="replace")
