"""What is told and kept of a way back from a provider that led nowhere."""

import re

import structlog

from app.database import Database
from app.errors import AppError
from app.errors import Conflict
from app.errors import Forbidden
from app.features.accounts.openid.service import Returned
from app.identity import audit
from app.identity.openid import Refused
from app.identity.openid import links
from app.principal import Principal

# The codes of RFC 6749, 4.1.2.1 look like this; what does not may be anything that somebody typed.
ERROR_CODE = re.compile(r"[a-z_]{1,40}")
NOT_TRUSTED = "The answer of the provider cannot be trusted, or it is too old. Try once more."

log = structlog.get_logger()


async def note_refusal(
    who: Principal, database: Database, provider: str, error: AppError, returned: Returned | None
) -> None:
    """Writes a refusal into the log and the audit log; an account that is known is its subject.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    reason = error.reason if isinstance(error, Refused) else error.detail
    log.info("openid_sign_in_refused", reason=reason)
    async with database.transaction() as work:
        owner = None
        if returned is not None:
            owner = await links.owner_of(work.session, provider, returned.claims.subject)
        details = {"provider": provider, "reason": reason}
        await audit.record(
            work, "provider.refused", who=who, subject=owner or who.user_id, details=dict(details)
        )


def message_of(error: AppError) -> str:
    """Returns what the visitor is told: nothing that would help to forge an answer."""
    return NOT_TRUSTED if isinstance(error, Refused) else error.detail


def status_of(error: AppError) -> int:
    """Returns the status of the page that says so."""
    if isinstance(error, Conflict):
        return 409
    return 403 if isinstance(error, Forbidden) else 401


def said_no(error_code: str) -> Refused:
    """Returns the refusal of a provider, with its reason if that is a code."""
    known = error_code if ERROR_CODE.fullmatch(error_code) else "for a reason that is no code"
    return Refused(f"the provider said no: {known}")
