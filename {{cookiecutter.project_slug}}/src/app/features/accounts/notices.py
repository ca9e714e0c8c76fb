"""What the owner of an account is told of by a letter; the names are those of the audit log.

Words in braces are facts that come with the change: numbers, and labels from the settings. What
somebody typed is never one, as whoever has taken over a session could make a letter of it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A headline, and what happened; a ``farewell`` is to somebody whose account is gone."""

    headline: str
    what: str
    is_farewell: bool = False


NOTICES: dict[str, Notice] = {
    "password.changed": Notice(
        "Your password was changed",
        "The password of your account was changed, and all other sessions have ended.",
    ),
    "password.reset": Notice(
        "You have a new password",
        "A new password was chosen with a link from a letter, and all sessions have ended.",
    ),
    "email.change_requested": Notice(
        "Another address was entered for your account",
        "Another e-mail address was entered for your account, and a link was sent there. "
        "This one stays until somebody opens it.",
    ),
    "email.changed": Notice(
        "Your account has another address now",
        "The e-mail address of your account was changed; this one does not sign in any more.",
    ),
    "factor.enrolled": Notice(
        "The second factor was switched on",
        "Signing in to your account takes a code of an authenticator app from now on.",
    ),
    "factor.replaced": Notice(
        "Your second factor is on another phone now",
        "Signing in to your account takes a code of another authenticator app from now on. "
        "Codes of the one before and the recovery codes before are worth nothing, "
        "and all other sessions have ended.",
    ),
    "factor.removed": Notice(
        "The second factor was switched off",
        "Codes are no longer asked for: your account opens without them.",
    ),
    "recovery_codes.made": Notice(
        "You have new recovery codes",
        "New recovery codes were made for your account; the ones before are worth nothing.",
    ),
    "recovery_code.used": Notice(
        "A recovery code was used",
        "One of your recovery codes was used in place of a code of your app. "
        "Codes that are left: {codes_left}.",
    ),
    "provider.linked": Notice(
        "Your account is connected with {provider}",
        "An account at {provider} was connected with yours, and signs you in from now on.",
    ),
    "provider.unlinked": Notice(
        "Your account is no longer connected with {provider}",
        "Accounts at {provider} do not sign you in any more, and you are signed out in your other "
        "browsers.",
    ),
    "api_token.created": Notice(
        "A new API token",
        "An API token was made for your account. A program that has it may act in your name "
        "for {days} days.",
    ),
    "account.deleted": Notice(
        "Your account is gone",
        "Your account was deleted, with everything that belonged to it alone.",
        is_farewell=True,
    ),
}
