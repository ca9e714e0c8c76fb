"""The secrets that authenticators share with us, as they are stored: sealed, each about its row."""

import structlog

from app.errors import Unavailable
from app.identity.sealing import CannotOpen
from app.identity.sealing import Sealer

log = structlog.get_logger()


class FactorSecrets:
    """Seals and opens them; what was sealed about another row opens for nobody."""

    def __init__(self, secret_keys: str) -> None:
        self._sealer = Sealer(secret_keys, purpose="second factor")

    def seal(self, secret: str, *, about: bytes) -> bytes:
        """Returns a secret as it is stored.

        Raises:
            Unavailable: the service has no key.
        """
        if not self._sealer.is_ready:
            raise Unavailable("IDENTITY_SECRET_KEYS is empty")
        return self._sealer.seal(secret.encode(), about=about)

    def open(self, sealed: bytes, *, about: bytes) -> str:
        """Returns a stored secret.

        Raises:
            Unavailable: its key is away, or it was altered or moved.
        """
        try:
            return self._sealer.open(sealed, about=about).decode()
        except CannotOpen as error:
            log.warning("factor_cannot_be_opened", reason=str(error))
            raise Unavailable("a key is missing from IDENTITY_SECRET_KEYS") from error

    def is_old(self, sealed: bytes) -> bool:
        """Tells whether another than the present key has sealed this."""
        return self._sealer.is_old(sealed)
