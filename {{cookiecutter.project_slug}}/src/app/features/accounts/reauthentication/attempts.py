"""How often somebody may try to prove who they are."""

from app.web import current_principal
from app.web import spend

# At one account, from all of its sessions: a stolen one is no place to guess the password from.
PROOFS_PER_ACCOUNT = "10/3minutes"


async def spend_proof() -> None:
    """Counts an attempt of the caller.

    Raises:
        TooMany: there were too many lately.
    """
    who = str(current_principal().own_id)
    await spend(PROOFS_PER_ACCOUNT, "proof", who, only_shared=True)
