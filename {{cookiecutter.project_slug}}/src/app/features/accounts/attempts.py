"""What comes with every attempt to join or to sign in, and how many attempts there may be."""

from hashlib import blake2b

from quart import request

from app.features.accounts.service import Browser
from app.identity.devices import describe_device
from app.identity.session_interface import current_session
from app.web.limits import spend

# From one address, as the routes declare.
ATTEMPTS = "10/3minutes"
# At one account, from all addresses. More than one address may try, so that whoever keeps guessing
# from one does not lock the owner out; from very many they can, for minutes.
ATTEMPTS_PER_ACCOUNT = "30/3minutes"
KEY_BYTES = 16


async def spend_attempt(email: str) -> None:
    """Counts an attempt at the account of an address, whether there is one or not.

    Raises:
        TooMany: there were too many lately.
    """
    # Hashed, so that the address of a person is not in the keys of Redis.
    key = blake2b(email.strip().lower().encode(errors="replace"), digest_size=KEY_BYTES)
    await spend(ATTEMPTS_PER_ACCOUNT, "account", key.hexdigest())


def this_browser() -> Browser:
    """Returns what the current request tells of the browser that sent it."""
    record = current_session().record
    return Browser(
        device=describe_device(request.headers.get("User-Agent")),
        session_id=record.id if record else None,
    )
