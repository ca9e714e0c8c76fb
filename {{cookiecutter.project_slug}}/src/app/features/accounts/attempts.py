"""What comes with every attempt to join or to sign in, and how many attempts there may be."""

from hashlib import blake2b

from quart import request

from app.features.accounts.coming_in import known_device
from app.features.accounts.service import Browser
from app.identity import User
from app.identity.browsers.devices import describe_device
from app.identity.browsers.interface import current_session
from app.web import current_principal
from app.web.limits import caller
from app.web.limits import spend

# From one address, as the routes declare.
ATTEMPTS = "10/3minutes"
# At the codes of one account, by strangers and by known browsers each: three codes of a million are
# good at any time, so that whoever has the password guesses one in a year and a half, on average.
CODES_PER_ACCOUNT = "10/15minutes"
# At one account from one address, so that whoever guesses from one leaves some to the owner.
ATTEMPTS_PER_PAIR = "5/3minutes"
# At one account, from all addresses.
ATTEMPTS_PER_ACCOUNT = "10/3minutes"
# At one account from a browser that was signed in to it, and from all of those: strangers who use
# up what there is for an account do not shut its owner out.
ATTEMPTS_PER_DEVICE = "10/3minutes"
ATTEMPTS_OF_DEVICES = "30/3minutes"
# To one address: nobody's mailbox is to be filled through us.
LETTERS_PER_ADDRESS = "5/hour"
KEY_BYTES = 16


async def spend_attempt(email: str) -> None:
    """Counts an attempt at the account of an address, whether there is one or not.

    Raises:
        TooMany: there were too many lately.
    """
    key = key_of(email)
    device = known_device(email)
    if device is not None:
        await spend(ATTEMPTS_PER_DEVICE, "device", key, device, only_shared=True)
        await spend(ATTEMPTS_OF_DEVICES, "devices", key, only_shared=True)
        return
    # In this order: what is refused here does not count against the owner.
    await spend(ATTEMPTS_PER_PAIR, "pair", key, caller(), only_shared=True)
    await spend(ATTEMPTS_PER_ACCOUNT, "account", key, only_shared=True)


async def spend_code(user: User) -> None:
    """Counts an attempt at the second factor of a person who signs in.

    Raises:
        TooMany: there were too many lately.
    """
    whose = "known" if known_device(user.email) else "stranger"
    await spend(CODES_PER_ACCOUNT, "code", whose, str(user.id), only_shared=True)


async def spend_own_code() -> None:
    """Counts an attempt at the second factor of the person who is signed in.

    Raises:
        TooMany: there were too many lately.
    """
    who = str(current_principal().own_id)
    await spend(CODES_PER_ACCOUNT, "code", "own", who, only_shared=True)


async def spend_letter(email: str) -> None:
    """Counts a letter to an address, whether it gets one or not.

    Raises:
        TooMany: there were too many lately.
    """
    await spend(LETTERS_PER_ADDRESS, "letter", key_of(email), only_shared=True)


def key_of(email: str) -> str:
    """Returns what stands for an address in the keys of Redis: not the address of a person."""
    address = email.strip().lower().encode(errors="replace")
    return blake2b(address, digest_size=KEY_BYTES).hexdigest()


def this_browser() -> Browser:
    """Returns what the current request tells of the browser that sent it."""
    record = current_session().record
    return Browser(
        device=describe_device(request.headers.get("User-Agent")),
        session_id=record.id if record else None,
    )
